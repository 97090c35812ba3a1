/**
 * The floor: the configuration that the Worker was started with (`serve -f`, or the embedded one of a deployment). Objects
 * of the API are laid over it: one of the same kind, namespace and name hides the floor's until it is deleted.
 */
import type { Finding } from '../analysis/finding.ts';
import { validated } from '../analysis/validate/validate.ts';
import { loadResources, type SourceFile } from '../resources/load.ts';
import { describe, type Resource } from '../resources/resource.ts';

export interface FloorSource {
  files: SourceFile[];
  /** Of resources that name none. */
  namespace: string;
  /** Istio's MeshConfig, camelCase. */
  mesh: Record<string, unknown>;
  /** credentialNames whose certificates the gateways have from elsewhere. */
  certificates?: string[];
}

export interface Floor {
  resources: Resource[];
  findings: Finding[];
  mesh: Record<string, unknown>;
  certificates: readonly string[];
}

export const NO_FLOOR: Floor = { resources: [], findings: [], mesh: {}, certificates: [] };

export function loadFloor({ files, namespace, mesh, certificates = [] }: FloorSource): Floor {
  const { resources, findings } = validated(loadResources(files, { namespace }));
  return { resources, findings, mesh, certificates };
}

/** All resources that count: those of the API, and those of the floor that no object of the API hides. */
export function laidOver(objects: readonly Resource[], floor: readonly Resource[]): Resource[] {
  if (floor.length === 0) return [...objects];
  const hidden = new Set(objects.map(identity));
  return [...floor.filter((resource) => !hidden.has(identity(resource))), ...objects];
}

const identity = (resource: Resource): string => `${resource.group}/${describe(resource)}`;

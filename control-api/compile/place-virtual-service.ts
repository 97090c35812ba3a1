/** Where a VirtualService is carried out, and what is odd about how it names its Gateways. */
import { about } from '../analysis/about.ts';
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import { describe, type Resource } from '../resources/resource.ts';
import { isLegacyGatewayName, resolveGateway } from './names.ts';
import type { Placement } from './processor.ts';
import type { VirtualServiceSpec } from './spec.ts';

export interface Binding {
  /** Names the reserved gateway `mesh`, as one without gateways does. */
  mesh: boolean;
  /** Names a Gateway that this proxy serves. */
  bound: boolean;
  /** Exported to this proxy's namespace. */
  visible: boolean;
}

export interface Placed {
  placements: Placement[];
  findings: Finding[];
}

export function placeVirtualService(
  virtualService: Resource<VirtualServiceSpec>,
  { mesh, bound, visible }: Binding,
): Placed {
  const resource = describe(virtualService);
  const placements: Placement[] = [];
  const edge = bound && visible;
  if (edge) placements.push({ resource, where: 'edge', reason: 'bound to a Gateway of this proxy' });
  if (mesh) {
    const field = edge ? { field: 'spec.gateways' } : {};
    placements.push({ resource, ...field, where: 'cluster', reason: 'gateway "mesh": sidecars carry it out' });
  } else if (!edge) {
    const reason = visible ? 'bound to no Gateway of this proxy' : 'not exported to the namespace of this proxy';
    placements.push({ resource, where: 'cluster', reason });
  }
  return { placements, findings: [...legacyNames(virtualService)] };
}

function* legacyNames(virtualService: Resource<VirtualServiceSpec>): Generator<Finding> {
  for (const [index, name] of (virtualService.spec.gateways ?? []).entries()) {
    if (!isLegacyGatewayName(name)) continue;
    const args = { name, mended: resolveGateway(name, virtualService.metadata.namespace) };
    yield finding('LegacyGatewayName', args, about(virtualService, ['spec', 'gateways', index]));
  }
}

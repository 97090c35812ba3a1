/** Admission's look at a single object before it is stored. */
import { analyse } from '../analysis/analyse.ts';
import type { Finding } from '../analysis/finding.ts';
import { compile } from '../compile/compile.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import { describe, type Resource } from '../resources/resource.ts';
import { type Floor, laidOver } from './floor.ts';
import type { Inventory } from './inventory.ts';

const REVIEWED_AT_ONCE = 300;

/**
 * What would be found about `resource` if it were stored. Above a few hundred objects nothing: a write must not wait for an
 * analysis of all of them, and the object's status tells it soon after.
 */
export function reviewed(resource: Resource, inventory: Inventory, floor: Floor): Finding[] {
  if (inventory.size + floor.resources.length > REVIEWED_AT_ONCE) return [];
  const others = laidOver(inventory.resources, floor.resources);
  const { mesh, certificates } = floor;
  const input = { resources: laidOver([resource], others), mesh, certificates, identity: INGRESS_GATEWAY };
  // Modules are fetched after the write; what comes of that is told in the status.
  const compiled = compile({ ...input, modules: ({ sha256 }) => ({ sha256 }) });
  const about = describe(resource);
  return [...compiled.findings, ...analyse({ input, compiled })].filter((finding) => finding.resource === about);
}

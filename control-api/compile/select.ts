/** Picking and ordering Resources. */
import type { ObjectMeta, Resource } from '../resources/resource.ts';
import { compare } from './names.ts';
import type { CompileInput } from './processor.ts';

export const NETWORKING = 'networking.istio.io';
export const SECURITY = 'security.istio.io';
export const EXTENSIONS = 'extensions.istio.io';
export const TELEMETRY = 'telemetry.istio.io';

/** Istio's order wherever several objects claim one thing: creation time, then name, then namespace. */
export function byAge(a: { metadata: ObjectMeta }, b: { metadata: ObjectMeta }): number {
  const [left, right] = [a.metadata, b.metadata];
  return (
    compare(left.creationTimestamp, right.creationTimestamp) ||
    compare(left.name, right.name) ||
    compare(left.namespace, right.namespace)
  );
}

/** The same for objects of any kind, so that no two of them are equal. */
export function inOrder(a: Resource, b: Resource): number {
  return byAge(a, b) || compare(a.kind, b.kind) || compare(a.group, b.group);
}

/** The objects of one kind, in the input's order. The caller names the shape of the spec that loading has checked. */
export function ofKind<Spec>(
  { resources }: Pick<CompileInput, 'resources'>,
  group: string,
  kind: string,
): Resource<Spec>[] {
  let kinds = byKind.get(resources);
  if (!kinds) {
    kinds = Map.groupBy(resources, (resource) => resource.kind);
    byKind.set(resources, kinds);
  }
  const found = kinds.get(kind)?.filter((resource) => resource.group === group) ?? [];
  return found as unknown as Resource<Spec>[];
}

/** Of each list that was asked about: a compilation asks for some twenty kinds. */
const byKind = new WeakMap<readonly Resource[], Map<string, Resource[]>>();

/** `default/reviews`, the key of an object of a known kind. */
export const keyOf = ({ metadata }: { metadata: ObjectMeta }): string => `${metadata.namespace}/${metadata.name}`;

/** Whether every wanted label is there with that value; nothing wanted is always there. */
export function hasLabels(labels: Record<string, string>, wanted: Record<string, string> | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels[key] === value);
}

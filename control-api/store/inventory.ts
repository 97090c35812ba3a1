/** The stored objects as Resources, kept loaded, so that one change costs the loading of one object. */
import type { Finding } from '../analysis/finding.ts';
import { validated } from '../analysis/validate/validate.ts';
import type { Placement } from '../compile/processor.ts';
import { loadResources } from '../resources/load.ts';
import { placementsOf } from '../resources/placement.ts';
import type { Resource } from '../resources/resource.ts';
import type { Json } from '../rest/apply/fields.ts';
import { KINDS, resourceOf } from '../rest/kinds.ts';
import { nameOf } from './analysed.ts';
import type { Change, ObjectKey, ObjectStore } from './objects.ts';

/** What an object's status was made from. */
export interface Basis {
  status: Json | undefined;
  findings: readonly Finding[];
  advice: readonly Finding[];
  placements: readonly Placement[];
}

export interface Held {
  key: ObjectKey;
  generation: number;
  status: Json | undefined;
  resource: Resource | undefined;
  /** `VirtualService default/reviews`, as findings name it. */
  name: string;
  findings: Finding[];
  /** Field by field, from the field table. */
  placements: Placement[];
  /** Whether its kind has a status that we write. */
  hasStatus: boolean;
  /** What its status was made from, once that says that it is live. */
  basis?: Basis;
}

/** What can change the Snapshot, or what is said of it: everything that is kept but namespaces and events. */
export const COMPILED = KINDS.filter(({ kind }) => !['Namespace', 'Event'].includes(kind)).map(resourceOf);

export class Inventory {
  private readonly held = new Map<string, Held>();

  /** Takes in what the store holds, then follows its changes; `onChange` hears of those that can change the Snapshot. */
  constructor(store: ObjectStore, resources: readonly string[], onChange: () => void) {
    for (const resource of resources) {
      for (const object of store.list(resource, '')) this.hold(keyOf(resource, object), object);
    }
    store.subscribe((change) => {
      if (resources.includes(change.resource) && this.follow(change)) onChange();
    });
  }

  *[Symbol.iterator](): IterableIterator<Held> {
    yield* this.held.values();
  }

  get size(): number {
    return this.held.size;
  }

  /** Nothing that is served: Secrets alone are not. */
  get isEmpty(): boolean {
    return [...this.held.values()].every(({ key }) => key.resource === SECRETS);
  }

  get resources(): Resource[] {
    const all: Resource[] = [];
    for (const { resource } of this.held.values()) if (resource) all.push(resource);
    return all;
  }

  /** Whether the object is still what it was when `held` was read. */
  isCurrent(held: Held): boolean {
    return this.held.get(idOf(held.key)) === held;
  }

  /** False for a change of status or bookkeeping only: the Snapshot stays what it is. */
  private follow(change: Change): boolean {
    const id = idOf(change);
    if (change.type === 'DELETED') return this.held.delete(id);
    const before = this.held.get(id);
    if (before && before.generation === generationOf(change.object) && !hasOwnMetadata(change)) {
      before.status = change.object.status as Json | undefined;
      return false;
    }
    this.hold(change, change.object);
    return true;
  }

  private hold({ resource, namespace, name }: ObjectKey, object: Json): void {
    const { metadata, status, ...body } = object;
    const { managedFields: _managed, ...meta } = metadata as Json;
    const shown = resource === SECRETS ? withoutValues(body) : body;
    const text = JSON.stringify({ ...shown, metadata: meta });
    const loaded = validated(loadResources([{ file: '(api)', text }], { namespace: namespace || 'default' }));
    const read = loaded.resources[0] && placeless(loaded.resources[0]);
    this.held.set(idOf({ resource, namespace, name }), {
      key: { resource, namespace, name },
      generation: generationOf(object),
      status: status as Json | undefined,
      resource: read,
      name: nameOf(read ?? loaded.rejected[0]),
      findings: loaded.findings,
      placements: read ? placementsOf(read) : [],
      hasStatus: findKindOf(resource)?.hasStatus ?? false,
    });
  }
}

const SECRETS = '/secrets';

/** Which keys a Secret has is all that anybody is told of it. */
function withoutValues({ data, ...body }: Json): Json {
  return { ...body, data: Object.fromEntries(Object.keys((data ?? {}) as Json).map((key) => [key, ''])) };
}

/** The text was ours, so that a line and column in it would help nobody. */
function placeless(resource: Resource): Resource {
  return { ...resource, at: () => ({ file: '(api)', line: 1, column: 1 }) };
}

/** Labels and annotations have no generation, but selectors and switches read them. */
function hasOwnMetadata({ object, before }: Change): boolean {
  const own = (value: Json | undefined) => {
    const { labels, annotations } = (value?.metadata ?? {}) as Json;
    return JSON.stringify([labels, annotations]);
  };
  return own(object) !== own(before);
}

const findKindOf = (resource: string) => KINDS.find((kind) => resourceOf(kind) === resource);
const idOf = ({ resource, namespace, name }: ObjectKey) => `${resource} ${namespace}/${name}`;
const generationOf = (object: Json) => Number((object.metadata as Json | undefined)?.generation ?? 0);

function keyOf(resource: string, object: Json): ObjectKey {
  const { namespace = '', name } = object.metadata as { namespace?: string; name: string };
  return { resource, namespace, name };
}

/**
 * Wasm modules that the stored objects name. A Durable Object fetches none itself: whoever runs the gateways does, and tells
 * the digest, or why the module could not be had.
 */
import type { LoadedModule, ModuleReference } from '../compile/processor.ts';

/** What is to be fetched, with the docker configuration out of its imagePullSecret. */
export interface WantedModule extends ModuleReference {
  dockerConfig?: string;
}

export interface FetchedModule {
  reference: ModuleReference;
  loaded: LoadedModule;
}

/** A registry that was down is asked again after so long. */
const FORGET_PROBLEM_MS = 30_000;

export class WantedModules {
  private readonly known = new Map<string, { loaded: LoadedModule; since: number }>();
  private readonly asked = new Map<string, ModuleReference>();

  /** For the compiler; what is not known is wanted from then on. */
  find(reference: ModuleReference): LoadedModule {
    const key = keyOf(reference);
    const entry = this.known.get(key);
    const stale = entry && 'problem' in entry.loaded && Date.now() - entry.since > FORGET_PROBLEM_MS;
    if (entry && !stale) return entry.loaded;
    this.asked.set(key, reference);
    return entry?.loaded ?? { problem: 'it has not been fetched yet' };
  }

  get wanted(): ModuleReference[] {
    return [...this.asked.values()];
  }

  /** Before a compilation: only what it asks for is wanted. */
  reset(): void {
    this.asked.clear();
  }

  learn(modules: readonly FetchedModule[]): void {
    for (const { reference, loaded } of modules) {
      this.known.set(keyOf(reference), { loaded, since: Date.now() });
      this.asked.delete(keyOf(reference));
    }
  }
}

const keyOf = ({ url, sha256, namespace = '', pullSecret = '' }: ModuleReference): string =>
  `${url} ${sha256} ${namespace}/${pullSecret}`;

/** Addresses of endpoints that are given by name: workerd refuses to start on a name that does not resolve, so we look up. */
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Snapshot } from '../../gateway/snapshot.ts';

/** All addresses of a name; rejects when there are none. */
export type LookUp = (name: string) => Promise<string[]>;

/** Nobody waits longer for a name at start. */
const TIMEOUT_MS = 2000;

const systemLookUp: LookUp = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

export class Names {
  /** Whether the Snapshot that was looked at last has names. */
  any = false;

  readonly #lookUp: LookUp;
  /** What a name last resolved to; a failure later changes nothing, as with Envoy's STRICT_DNS. */
  readonly #known = new Map<string, string>();
  readonly #reported = new Set<string>();

  constructor(lookUp: LookUp = systemLookUp) {
    this.#lookUp = lookUp;
  }

  /** Looks all names of the Snapshot's endpoints up, at once. */
  async refresh(snapshot: Snapshot): Promise<void> {
    const addresses = Object.values(snapshot.clusters).flatMap(({ endpoints }) => endpoints.map((one) => one.address));
    const names = [...new Set(addresses)].filter((address) => !isIP(address) && !address.startsWith('unix:'));
    this.any = names.length > 0;
    await Promise.all(names.map((name) => this.#resolve(name)));
  }

  /** The address to dial for an endpoint's, undefined for a name that has never resolved: it is left out. */
  addressOf(address: string): string | undefined {
    return isIP(address) ? address : this.#known.get(address);
  }

  async #resolve(name: string): Promise<void> {
    try {
      const found = await withTimeout(this.#lookUp(name));
      // The order of an answer's addresses changes from time to time; the same ones must give the same choice.
      const [first] = found.toSorted((a, b) => isIP(a) - isIP(b) || (a < b ? -1 : 1));
      if (first) this.#known.set(name, first);
    } catch {
      if (this.#known.has(name) || this.#reported.has(name)) return;
      this.#reported.add(name);
      console.error(`bowsprit: ${name} does not resolve; its endpoint is left out until it does`);
    }
  }
}

function withTimeout<T>(promise: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('timeout')), TIMEOUT_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/**
 * The buckets of one local_ratelimit configuration, in this process: the default one and one for each descriptor. A
 * descriptor's blank value makes one bucket for each value, the least recently used being forgotten (and full again).
 */
import type { LocalDescriptor, LocalRateLimitConfig } from '../snapshot.ts';
import type { Entry } from './limit-tree.ts';
import type { LimitRequestDescriptor } from './limiter.ts';
import { Bucket } from './token-bucket.ts';

export interface LocalDecision {
  allowed: boolean;
  /** The bucket that decided, for the headers; undefined: none was asked. */
  bucket: Bucket | undefined;
}

interface Matched {
  /** Tokens that the request takes. */
  hits: number;
  descriptor: LocalDescriptor;
  bucket: Bucket;
}

export class LocalBuckets {
  readonly #config: LocalRateLimitConfig;
  readonly #default: Bucket | undefined;
  /** A default bucket that never has a token is in no headers (a real Envoy's is not). */
  readonly #named: Bucket | undefined;
  readonly #fixed: Bucket[];
  readonly #dynamic: Map<string, Bucket>[];

  constructor(config: LocalRateLimitConfig, now: number) {
    this.#config = config;
    this.#default = config.tokenBucket && new Bucket(config.tokenBucket, now);
    this.#named = config.tokenBucket?.maxTokens === 0 ? undefined : this.#default;
    this.#fixed = config.descriptors.map(({ tokenBucket }) => new Bucket(tokenBucket, now));
    this.#dynamic = config.descriptors.map(() => new Map());
  }

  /** Consumes matched buckets by ascending fill rate; a refusal spares the others and the default one. */
  decide(descriptors: readonly LimitRequestDescriptor[], now: number): LocalDecision {
    const matched = descriptors.flatMap((descriptor) => this.#match(descriptor, now) ?? []);
    matched.sort((a, b) => fillRate(a.descriptor) - fillRate(b.descriptor));
    for (const { descriptor, bucket, hits } of matched) {
      if (!bucket.consume(now, hits) && !descriptor.shadowMode) return { allowed: false, bucket };
    }
    const first = matched[0]?.bucket;
    if (first && !this.#config.alwaysConsumeDefaultTokenBucket) return { allowed: true, bucket: first };
    const allowed = this.#default?.consume(now) ?? true;
    return { allowed, bucket: (allowed ? first : undefined) ?? this.#named };
  }

  #match({ entries, hitsAddend: hits = 1 }: LimitRequestDescriptor, now: number): Matched | undefined {
    for (const [index, descriptor] of this.#config.descriptors.entries()) {
      if (!matches(descriptor, entries)) continue;
      const blank = descriptor.entries.some(({ value }) => !value);
      const bucket = blank ? this.#valueBucket(index, descriptor, entries, now) : this.#fixed[index];
      return bucket && { descriptor, bucket, hits };
    }
    return undefined;
  }

  #valueBucket(index: number, descriptor: LocalDescriptor, entries: readonly Entry[], now: number): Bucket {
    const buckets = this.#dynamic[index] as Map<string, Bucket>;
    const key = JSON.stringify(entries.map(({ value }) => value));
    const bucket = buckets.get(key) ?? new Bucket(descriptor.tokenBucket, now);
    buckets.delete(key);
    buckets.set(key, bucket);
    const [oldest] = buckets.keys();
    if (buckets.size > this.#config.maxDynamicDescriptors && oldest !== undefined) buckets.delete(oldest);
    return bucket;
  }
}

function matches({ entries: wanted }: LocalDescriptor, entries: readonly Entry[]): boolean {
  if (wanted.length !== entries.length) return false;
  return wanted.every(({ key, value }, index) => {
    const entry = entries[index];
    return entry?.key === key && (!value || entry.value === value);
  });
}

const fillRate = ({ tokenBucket }: LocalDescriptor) => tokenBucket.tokensPerFill / tokenBucket.fillIntervalMs;

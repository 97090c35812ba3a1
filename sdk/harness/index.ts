/**
 * Tests for filters: the host of the edge runs the .wasm of production, with a fake upstream, fake callouts, a clock that
 * stands still, and everything that the filter did to look at.
 *
 *     const filter = await loadFilter('build/hello.wasm', { config: { greeting: 'hi' } });
 *     const { response } = await filter.request({ path: '/', headers: { accept: 'text/html' } });
 *     assert.equal(response?.headers.get('x-hello'), 'hi');
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import type { LogLevel } from '../../gateway/wasm/abi.ts';
import { bounded } from '../../gateway/wasm/bounds/bounded.ts';
import { FAILED_REPLY } from '../../gateway/wasm/filter-stream.ts';
import type { FailStrategy } from '../../gateway/wasm/host.ts';
import type { Metric } from '../../gateway/wasm/metrics.ts';
import { Plugin, type PluginStats } from '../../gateway/wasm/plugin.ts';
import { compileModule } from '../build/module.ts';
import { differences } from './envoy/compare.ts';
import { EnvoyFilter } from './envoy/index.ts';
import { type CallHandler, FakeCallouts, type SeenCall } from './fake-callouts.ts';
import { FakeHost, type LogLine } from './fake-host.ts';
import type { RequestInit, ResponseInit, Result, SeenRequest } from './messages.ts';
import { runRequest } from './run-request.ts';

export type { CallAnswer, CallHandler, SeenCall } from './fake-callouts.ts';
export type { LogLine } from './fake-host.ts';
export type { RequestInit, ResponseInit, Result, SeenRequest } from './messages.ts';

export interface LoadOptions {
  /** pluginConfig: an object is handed on as Istio does it, compact and with sorted keys; a string as it is. */
  config?: unknown;
  env?: Record<string, string>;
  name?: string;
  rootId?: string;
  failStrategy?: FailStrategy;
  logLevel?: LogLevel;
  /** The clock's start, Unix milliseconds; it stands still. `real`: the machine's, so that --envoy can compare what hangs on it. */
  now?: number | 'real';
  /** Bounds every callback. */
  cpuBudgetMs?: number;
  /** Answers of the clusters that the filter may call. A cluster that is not here does not exist. */
  clusters?: Record<string, CallHandler>;
  /** false: not replayed in Envoy, for a test whose outcome hangs on chance. */
  envoy?: boolean;
  /** What the upstream answers; 200 without a body unless told. */
  upstream?: ResponseInit | ((request: SeenRequest) => ResponseInit | Promise<ResponseInit>);
}

const DEFAULT_BUDGET_MS = 1000;
/** Of a second: what begins later may end in the next one. */
const LATE_MS = 400;
const DEFAULT_NOW = Date.UTC(2026, 0, 1);

/** `file` is a path or the module's bytes. Rejects when the module cannot be read; a failed start shows in `stats`. */
export async function loadFilter(file: string | Uint8Array, options: LoadOptions = {}): Promise<TestFilter> {
  const bytes = file instanceof Uint8Array ? file : await readFile(file);
  const filter = new TestFilter(compileModule(new Uint8Array(bounded(bytes))), options);
  if (process.env.BOWSPRIT_FILTER_ENVOY && options.envoy !== false) await filter.compareWithEnvoy(bytes);
  return filter;
}

export class TestFilter {
  readonly #host: FakeHost;
  readonly #callouts: FakeCallouts;
  readonly #plugin: Plugin;
  readonly #upstream: (request: SeenRequest) => ResponseInit | Promise<ResponseInit>;
  readonly #clusters: Record<string, CallHandler>;
  readonly #isRealTime: boolean;
  #envoy: EnvoyFilter | undefined;

  constructor(module: WebAssembly.Module, options: LoadOptions) {
    this.#clusters = options.clusters ?? {};
    const { upstream = {} } = options;
    this.#upstream = typeof upstream === 'function' ? upstream : () => upstream;
    this.#isRealTime = options.now === 'real';
    this.#host = new FakeHost(
      options.logLevel ?? 'info',
      options.now ?? DEFAULT_NOW,
      options.cpuBudgetMs ?? DEFAULT_BUDGET_MS,
    );
    this.#callouts = new FakeCallouts(this.#clusters);
    const config = {
      name: options.name ?? 'test',
      rootId: options.rootId ?? '',
      vmId: '',
      configuration: configurationText(options.config),
      env: options.env ?? {},
      failStrategy: options.failStrategy ?? ('FAIL_CLOSED' as const),
    };
    this.#plugin = new Plugin(config, module, this.#host);
    this.#plugin.acquire(this.#callouts);
  }

  /**
   * One request, to its end. `upstream` replaces the one of loadFilter. With --envoy a difference rejects; after `advance`
   * nothing is compared any more, because Envoy's clock cannot be turned.
   */
  async request(request: RequestInit = {}, upstream?: ResponseInit): Promise<Result> {
    const envoy = this.#host.guarded && !this.#host.isAdvanced ? this.#envoy : undefined;
    if (envoy && this.#isRealTime) await earlyInSecond();
    this.#plugin.tickIfDue();
    const answer = upstream ? () => upstream : this.#upstream;
    const result = await runRequest({
      vm: this.#plugin.acquire(this.#callouts),
      callouts: this.#callouts,
      request,
      upstream: answer,
      nowMs: this.#host.nowMs(),
      refused: FAILED_REPLY,
    });
    if (envoy) {
      const found = differences(result, await envoy.request(request, answer));
      assert.equal(found.join('\n'), '', 'the edge and Envoy differ');
    }
    return result;
  }

  /**
   * From now on every request also goes through a real Envoy with the same module, configuration and clusters. A filter
   * that did not start here must not start there either; Envoy then refuses its configuration, and there is none to ask.
   */
  async compareWithEnvoy(wasm: Uint8Array): Promise<EnvoyFilter | undefined> {
    const { name, rootId, env, failStrategy, configuration } = this.#plugin.config;
    const options = { name, rootId, env, failStrategy, configuration, clusters: this.#clusters };
    const starting = EnvoyFilter.start(wasm, options);
    if (this.stats.startFailures > 0 && failStrategy === 'FAIL_CLOSED') {
      await assert.rejects(starting, /Unable to create Wasm plugin/, 'Envoy starts what the edge refuses');
      return undefined;
    }
    this.#envoy = await starting;
    return this.#envoy;
  }

  get logs(): readonly LogLine[] {
    return this.#host.logs;
  }
  /** Calls that the filter has made. */
  get calls(): readonly SeenCall[] {
    return this.#callouts.seen;
  }
  get stats(): Readonly<PluginStats> {
    return this.#plugin.stats;
  }
  /** Value of a counter or gauge; how many samples a histogram has; undefined when it is not defined. */
  metric(name: string): number | undefined {
    return this.#metrics().find((metric) => metric.name === name)?.value;
  }

  /** Moves the clock; a tick that becomes due runs. */
  advance(milliseconds: number): void {
    this.#plugin.tickIfDue();
    this.#host.advance(milliseconds);
    this.#plugin.tickIfDue();
  }

  /** Bytes of linear memory. */
  get memory(): number {
    return this.#plugin.vm?.memory.size ?? 0;
  }

  /** Requests that have begun and not ended. */
  get openRequests(): number {
    return this.#plugin.vm?.openStreams ?? 0;
  }

  /** Fails when a request is still open, or when `rounds` times `work` make the module's memory grow. */
  async assertNoLeaks(work: () => Promise<unknown>, rounds = 2000): Promise<void> {
    await work();
    this.#host.guarded = false;
    for (let i = 0; i < rounds; i++) await work();
    const before = this.memory;
    for (let i = 0; i < rounds; i++) await work();
    this.#host.guarded = true;
    assert.equal(this.openRequests, 0, 'requests that never ended');
    assert.equal(this.#callouts.open, 0, 'calls that were never answered');
    assert.equal(this.memory, before, `memory grew from ${before} to ${this.memory} bytes in ${rounds} rounds`);
  }

  #metrics(): readonly Metric[] {
    return this.#host.metrics.all();
  }
}

/** As Istio writes pluginConfig: compact JSON with sorted keys. */
function configurationText(config: unknown): string {
  if (config === undefined) return '';
  return typeof config === 'string' ? config : JSON.stringify(sorted(config));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  );
}

/** Resolves when both, the edge and then Envoy, can look at their clocks within one second. */
function earlyInSecond(): Promise<void> {
  const passed = Date.now() % 1000;
  return passed < LATE_MS ? Promise.resolve() : new Promise((resolve) => setTimeout(resolve, 1000 - passed));
}

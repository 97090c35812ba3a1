/** The host of a test: a clock that stands still or is the machine's, logs and metrics that can be looked at, and a budget for every callback. */
import { Script } from 'node:vm';
import type { LogLevel } from '../../gateway/wasm/abi.ts';
import type { Host } from '../../gateway/wasm/host.ts';
import { Metrics } from '../../gateway/wasm/metrics.ts';
import { SharedData } from '../../gateway/wasm/shared-data.ts';
import { SharedQueues } from '../../gateway/wasm/shared-queues.ts';

export interface LogLine {
  level: LogLevel;
  message: string;
}

export class FakeHost implements Host {
  readonly logs: LogLine[] = [];
  readonly metrics = new Metrics();
  readonly shared = new SharedData();
  readonly queues = new SharedQueues();
  logLevel: LogLevel;
  /** Costs a thread for each callback: off while a request is repeated thousands of times. */
  guarded = true;
  readonly guard: (callback: () => number) => number;
  /** The machine's when `real`, which Envoy has too; advance() is added to it. */
  readonly #clock: () => number;
  #advanced = 0;
  readonly #start: number;

  /** `cpuBudgetMs` bounds one callback: an endless loop then fails the filter instead of hanging the test. */
  constructor(logLevel: LogLevel, now: number | 'real', cpuBudgetMs: number) {
    this.logLevel = logLevel;
    this.#clock = now === 'real' ? () => Date.now() : () => now;
    this.#start = this.#clock();
    const bounded = budget(cpuBudgetMs);
    this.guard = (callback) => (this.guarded ? bounded(callback) : callback());
  }

  nowMs(): number {
    return this.#clock() + this.#advanced;
  }
  monotonicMs(): number {
    return this.nowMs() - this.#start + 1;
  }
  advance(milliseconds: number): void {
    this.#advanced += milliseconds;
  }
  /** Whether it is another time here than in Envoy for good. */
  get isAdvanced(): boolean {
    return this.#advanced > 0;
  }
  /** The same bytes in every run. */
  random(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = (i * 31 + 7) & 255;
  }
  log(level: LogLevel, message: string): void {
    this.logs.push({ level, message });
  }
}

/** Node's vm can end a script that runs too long, WebAssembly in it included. */
function budget(milliseconds: number): (callback: () => number) => number {
  const script = new Script('globalThis.__bowspritCallback()');
  const scope = globalThis as { __bowspritCallback?: () => number };
  return (callback) => {
    const outer = scope.__bowspritCallback;
    scope.__bowspritCallback = callback;
    try {
      return script.runInThisContext({ timeout: milliseconds }) as number;
    } finally {
      if (outer) scope.__bowspritCallback = outer;
      else delete scope.__bowspritCallback;
    }
  };
}

/** One configured filter in this isolate: its VM, and what becomes of requests when the VM has failed. */
import { ModuleError } from './guest.ts';
import type { Callouts, Host, PluginConfig } from './host.ts';
import { Vm } from './vm.ts';

/** Envoy's reload_config default: one second, plus up to half of it at random. */
const RELOAD_BACKOFF_MS = 1000;
const RELOAD_JITTER_MS = 500;

/** How many requests pass between two looks for abandoned ones, and how old those are. */
const SWEEP_EVERY = 1024;
const ABANDONED_MS = 60 * 60 * 1000;

export interface PluginStats {
  started: number;
  /** Starts that did not succeed: bad module, false from proxy_on_vm_start or proxy_on_configure, a trap there. */
  startFailures: number;
  traps: number;
  /** Requests answered 503 because the VM was gone. */
  refused: number;
  /** Requests that FAIL_OPEN let past the filter. */
  skipped: number;
  reloads: number;
  /** FAIL_RELOAD requests that came before the back-off had passed. */
  backoffs: number;
}

/** A VM to run in; `skip`: act as if the filter were not there; `refuse`: 503. */
export type Acquired = Vm | 'skip' | 'refuse';

export class Plugin {
  readonly config: PluginConfig;
  readonly stats: PluginStats = {
    started: 0,
    startFailures: 0,
    traps: 0,
    refused: 0,
    skipped: 0,
    reloads: 0,
    backoffs: 0,
  };
  readonly #module: WebAssembly.Module | undefined;
  readonly #host: Host;
  #vm: Vm | undefined;
  #tried = false;
  #retryAt = 0;
  #tickAt = 0;
  #acquired = 0;

  /** Without a module (it is not in the bundle) every start fails, and failStrategy says what follows. */
  constructor(config: PluginConfig, module: WebAssembly.Module | undefined, host: Host) {
    this.config = config;
    this.#module = module;
    this.#host = host;
  }

  /** Starts the VM for the first request, and anew after a failure where FAIL_RELOAD allows it. */
  acquire(callouts: Callouts): Acquired {
    if (this.#vm && this.#vm.failure === undefined) return this.#swept(this.#vm);
    if (!this.#tried || this.#mayReload()) this.#start(callouts);
    if (this.#vm && this.#vm.failure === undefined) return this.#vm;
    if (this.config.failStrategy === 'FAIL_OPEN') {
      this.stats.skipped += 1;
      return 'skip';
    }
    this.stats.refused += 1;
    return 'refuse';
  }

  /** Best effort: an isolate only runs around requests, so a tick that is due runs with the next one, and only once. */
  tickIfDue(): void {
    const vm = this.#vm;
    if (!vm || vm.failure !== undefined || vm.tickPeriodMs === 0) return;
    const now = this.#host.nowMs();
    if (this.#tickAt === 0) this.#tickAt = now + vm.tickPeriodMs;
    if (now < this.#tickAt) return;
    this.#tickAt = now + vm.tickPeriodMs;
    vm.tick();
  }

  get hasModule(): boolean {
    return this.#module !== undefined;
  }

  /** The VM as it is, for tests and statistics. */
  get vm(): Vm | undefined {
    return this.#vm;
  }

  #swept(vm: Vm): Vm {
    this.#acquired += 1;
    if (this.#acquired % SWEEP_EVERY === 0) vm.sweep(this.#host.nowMs() - ABANDONED_MS);
    return vm;
  }

  #mayReload(): boolean {
    if (this.config.failStrategy !== 'FAIL_RELOAD') return false;
    if (this.#host.nowMs() >= this.#retryAt) return true;
    this.stats.backoffs += 1;
    return false;
  }

  #start(callouts: Callouts): void {
    if (this.#tried) this.stats.reloads += 1;
    this.#tried = true;
    this.#retryAt = this.#host.nowMs() + RELOAD_BACKOFF_MS + Math.random() * RELOAD_JITTER_MS;
    try {
      if (!this.#module) throw new ModuleError('START_FAILED', 'its module is not part of this deployment');
      const vm = new Vm(this.#module, this.config, this.#host, callouts);
      vm.onFailure = () => this.#noteTrap(vm);
      this.#vm = vm;
      this.stats.started += 1;
    } catch (error) {
      this.#vm = undefined;
      this.stats.startFailures += 1;
      this.#host.log('critical', `the filter did not start: ${reasonOf(error)}`, this.config);
    }
  }

  #noteTrap(vm: Vm): void {
    this.stats.traps += 1;
    this.#host.log('critical', `the filter failed: ${vm.failure}`, this.config);
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ModuleError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

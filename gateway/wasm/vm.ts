/**
 * One instance of a module with its root context and the contexts of the requests that it is serving. A trap ends the
 * instance: every request in it fails, and whoever owns the VM decides what becomes of the next ones.
 */
import type { AbiVersion } from './abi.ts';
import { CALLBACK_WORK, GIVE_WORK, WORK_LEFT } from './bounds/work.ts';
import { Context } from './context.ts';
import {
  abiVersion,
  allocatorOf,
  type Callbacks,
  callbacksOf,
  functionOf,
  IGNORES_HEADER_COUNT,
  ModuleError,
  memoryOf,
} from './guest.ts';
import type { CalloutAnswer, Callouts, Host, PluginConfig, Stream } from './host.ts';
import { importsFor } from './imports.ts';
import { GuestMemory } from './memory.ts';

/** A context id that no stream will ever have: the VM's own, for calls before a root context is there. */
const VM_CONTEXT = 0;
const ROOT_CONTEXT = 1;
const MEBIBYTE = 1024 * 1024;

/** What Envoy does too: a host function that must not be called while the module is being started is a trap. */
export class RestrictedCall extends Error {}

export class Vm {
  readonly host: Host;
  readonly plugin: PluginConfig;
  readonly abi: AbiVersion;
  readonly memory: GuestMemory;
  readonly callbacks: Callbacks;
  /** Whether the headers callbacks must be told how many headers there are. */
  readonly countsHeaders: boolean;
  /** Sets the budget of work of the next callback, and what is left of it; absent in a module that has none. */
  readonly #giveWork: ((work: number) => unknown) | undefined;
  readonly #workLeft: WebAssembly.ExportValue | undefined;
  readonly root: Context;
  readonly #streams = new Map<number, Context>();
  readonly #later: (() => void)[] = [];
  #current: Context;
  #effective = VM_CONTEXT;
  /** Until the module is initialised, and while it allocates for the host. */
  #restricted = true;
  #nextId = ROOT_CONTEXT + 1;
  #nextToken = 0;
  /** Why it ended; undefined while it lives. */
  failure: string | undefined;
  /** Called once, when it ends. */
  onFailure: (() => void) | undefined;
  /** A local reply was sent in the callback that is running: whatever it returns, the stream stops. */
  stopIteration = false;
  /** Set by proxy_set_tick_period_milliseconds; 0 = none. */
  tickPeriodMs = 0;
  /** Where a root context's callouts go: those of the request that is being served. */
  callouts: Callouts;

  /** Instantiates and starts; throws ModuleError, or what the guest threw. `callouts` serve start and configure. */
  constructor(module: WebAssembly.Module, plugin: PluginConfig, host: Host, callouts: Callouts) {
    this.host = host;
    this.plugin = plugin;
    this.callouts = callouts;
    this.abi = abiVersion(module);
    this.root = new Context(ROOT_CONTEXT, plugin);
    this.#current = new Context(VM_CONTEXT, plugin);
    const { exports } = new WebAssembly.Instance(module, importsFor(module, this));
    const allocate = allocatorOf(exports);
    this.memory = new GuestMemory(memoryOf(exports), (size) => this.#allocate(allocate, size));
    this.callbacks = callbacksOf(exports);
    this.#giveWork = functionOf(exports, GIVE_WORK);
    this.#workLeft = exports[WORK_LEFT];
    this.countsHeaders = !functionOf(exports, IGNORES_HEADER_COUNT);
    this.#initialise(exports);
    this.#startRoot();
  }

  /** The context that a host call is about. Throws where host calls are forbidden. */
  active(): Context {
    if (this.#restricted) throw new RestrictedCall('host call while the module starts or allocates');
    return this.#effective === VM_CONTEXT ? this.#current : (this.#find(this.#effective) ?? this.#current);
  }

  setEffective(id: number): boolean {
    if (!this.#find(id)) return false;
    this.#effective = id;
    return true;
  }

  /** Runs something after the callback that is running now, when the guest is no longer on the stack. */
  afterCall(action: () => void): void {
    this.#later.push(action);
  }

  createStream(stream: Stream): Context {
    const context = new Context(this.#nextId++, this.plugin, this.root, stream);
    this.#streams.set(context.id, context);
    this.invoke(context, this.callbacks.onContextCreate, ROOT_CONTEXT);
    return context;
  }

  /** log, done, delete: in this order, as Envoy has them. */
  endStream(context: Context): void {
    this.invoke(context, this.callbacks.onLog);
    context.log = null;
    this.invoke(context, this.callbacks.onDone);
    this.invoke(context, this.callbacks.onDelete);
    this.#streams.delete(context.id);
  }

  /** Ends what began before: a platform that gives up a request, because its client went away, tells nobody. */
  sweep(beforeMs: number): void {
    for (const { stream } of [...this.#streams.values()])
      if (stream && stream.attributes.startTimeMs() < beforeMs) stream.abandon();
  }

  get openStreams(): number {
    return this.#streams.size;
  }

  /** What the guest returned; 0 when it has no such callback or the VM has failed. */
  invoke(context: Context, callback: Callbacks[keyof Callbacks], a = 0, b = 0, c = 0, d = 0): number {
    if (!callback || this.failure !== undefined) return 0;
    const outer = this.#current;
    const outerEffective = this.#effective;
    this.#current = context;
    this.#effective = VM_CONTEXT;
    this.stopIteration = false;
    if (outer.id === VM_CONTEXT) this.#giveWork?.(CALLBACK_WORK);
    let result = 0;
    try {
      const { guard } = this.host;
      result = guard ? guard(() => callback(context.id, a, b, c, d)) : callback(context.id, a, b, c, d);
    } catch (error) {
      this.fail(error);
    }
    this.#current = outer;
    this.#effective = outerEffective;
    const stopped = this.stopIteration;
    if (outer.id === VM_CONTEXT) this.#runLater();
    this.stopIteration = stopped;
    return result;
  }

  /** A callout's answer: on the root context, where the guest may then choose the request's with set_effective_context. */
  answerCallout(token: number, answer: CalloutAnswer): void {
    const { root } = this;
    root.setCallAnswer(answer);
    const { headers, trailers } = answer;
    this.invoke(root, this.callbacks.onHttpCallResponse, token, headers.length, answer.body.length, trailers.length);
    root.setCallAnswer(null);
  }

  /** Envoy's tokens of HTTP calls go up in fours. */
  nextCalloutToken(): number {
    this.#nextToken += 4;
    return this.#nextToken;
  }

  tick(): void {
    this.invoke(this.root, this.callbacks.onTick);
  }

  fail(error: unknown): void {
    if (this.failure !== undefined) return;
    this.failure = this.#reasonOf(error);
    for (const context of this.#streams.values()) context.stream?.fail();
    this.onFailure?.();
  }

  #reasonOf(error: unknown): string {
    if (this.#workLeft instanceof WebAssembly.Global && this.#workLeft.value < 0)
      return `CpuBudget: one callback took more than ${CALLBACK_WORK} rounds of loops and calls; does it end?`;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return `${reason}, with ${Math.ceil(this.memory.size / MEBIBYTE)} MiB of memory`;
  }

  #find(id: number): Context | undefined {
    return id === ROOT_CONTEXT ? this.root : this.#streams.get(id);
  }

  #runLater(): void {
    if (this.#later.length === 0) return;
    for (let action = this.#later.shift(); action; action = this.#later.shift()) action();
  }

  #allocate(allocate: (size: number) => number, size: number): number {
    const outer = this.#restricted;
    this.#restricted = true;
    try {
      return allocate(size);
    } finally {
      this.#restricted = outer;
    }
  }

  #initialise(exports: WebAssembly.Exports): void {
    const initialize = functionOf(exports, '_initialize');
    if (initialize) {
      initialize(0);
      (functionOf(exports, 'main') ?? functionOf(exports, '__main_void'))?.(0, 0);
    } else functionOf(exports, '_start')?.(0);
    this.#restricted = false;
  }

  #startRoot(): void {
    const { root, callbacks } = this;
    this.invoke(root, callbacks.onContextCreate, 0);
    if (callbacks.onVmStart && this.invoke(root, callbacks.onVmStart, 0) === 0)
      throw new ModuleError('START_FAILED', this.failure ?? 'proxy_on_vm_start returned false');
    root.configuring = true;
    const size = new TextEncoder().encode(this.plugin.configuration).length;
    const configured = this.invoke(root, callbacks.onConfigure, size) !== 0;
    root.configuring = false;
    if (this.failure !== undefined) throw new ModuleError('START_FAILED', this.failure);
    if (callbacks.onConfigure && !configured)
      throw new ModuleError('REFUSED_CONFIGURATION', 'proxy_on_configure returned false');
  }
}

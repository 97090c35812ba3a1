/** What the host reads off a module before and after it is instantiated: ABI marker, allocator, callbacks. */
import { ABI_MARKERS, type AbiVersion } from './abi.ts';

/** Why a module cannot be run; `code` is stable, the message is for the operator. */
export class ModuleError extends Error {
  readonly code: 'NO_ABI' | 'NO_ALLOCATOR' | 'NO_MEMORY' | 'UNKNOWN_IMPORT' | 'START_FAILED' | 'REFUSED_CONFIGURATION';

  constructor(code: ModuleError['code'], message: string) {
    super(message);
    this.name = 'ModuleError';
    this.code = code;
  }
}

type Callback = (context: number, a?: number, b?: number, c?: number, d?: number) => number;

/** The callbacks of ABI 0.2.1 that an HTTP filter can get here, by their export names. */
export const CALLBACKS = {
  onContextCreate: 'proxy_on_context_create',
  onVmStart: 'proxy_on_vm_start',
  onConfigure: 'proxy_on_configure',
  onTick: 'proxy_on_tick',
  onQueueReady: 'proxy_on_queue_ready',
  onHttpCallResponse: 'proxy_on_http_call_response',
  onRequestHeaders: 'proxy_on_request_headers',
  onRequestBody: 'proxy_on_request_body',
  onRequestTrailers: 'proxy_on_request_trailers',
  onResponseHeaders: 'proxy_on_response_headers',
  onResponseBody: 'proxy_on_response_body',
  onResponseTrailers: 'proxy_on_response_trailers',
  onLog: 'proxy_on_log',
  onDone: 'proxy_on_done',
  onDelete: 'proxy_on_delete',
} as const;
export type Callbacks = { readonly [Name in keyof typeof CALLBACKS]: Callback | undefined };

/** A module that exports a function of this name does not look at the number that the headers callbacks are given. */
export const IGNORES_HEADER_COUNT = 'bowsprit_ignores_header_count';

/** The first marker in the export section decides, as in Envoy. */
export function abiVersion(module: WebAssembly.Module): AbiVersion {
  for (const { name } of WebAssembly.Module.exports(module)) {
    const version = ABI_MARKERS[name];
    if (version) return version;
  }
  throw new ModuleError('NO_ABI', 'the module exports no proxy_abi_version_… marker: it is not a Proxy-Wasm filter');
}

export function callbacksOf(exports: WebAssembly.Exports): Callbacks {
  return Object.fromEntries(
    Object.entries(CALLBACKS).map(([name, exported]) => [name, functionOf(exports, exported)]),
  ) as unknown as Callbacks;
}

export function functionOf(exports: WebAssembly.Exports, name: string): Callback | undefined {
  const value = exports[name];
  return typeof value === 'function' ? (value as Callback) : undefined;
}

export function memoryOf(exports: WebAssembly.Exports): WebAssembly.Memory {
  const { memory } = exports;
  if (memory instanceof WebAssembly.Memory) return memory;
  throw new ModuleError('NO_MEMORY', 'the module exports no memory');
}

export function allocatorOf(exports: WebAssembly.Exports): (size: number) => number {
  const allocate = functionOf(exports, 'malloc') ?? functionOf(exports, 'proxy_on_memory_allocate');
  if (allocate) return allocate;
  throw new ModuleError('NO_ALLOCATOR', 'the module exports neither malloc nor proxy_on_memory_allocate');
}

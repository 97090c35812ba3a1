/** Reads a built module as Envoy would and says what Envoy would refuse it for, with the mend. */
import { ABI_MARKERS } from '../../gateway/wasm/abi.ts';
import { sections } from '../../gateway/wasm/bounds/binary.ts';
import { CALLBACKS } from '../../gateway/wasm/guest.ts';
import { knownImports } from '../../gateway/wasm/imports.ts';
import { compileModule } from './module.ts';

export interface Problem {
  code: 'MALFORMED' | 'NO_ABI' | 'NO_ALLOCATOR' | 'NO_MEMORY' | 'UNKNOWN_IMPORT' | 'START_SECTION' | 'UNKNOWN_CALLBACK';
  message: string;
}

/** Where a wrong import usually comes from, in AssemblyScript. */
const MENDS: Readonly<Record<string, string>> = {
  'env.abort': 'build with `--use abort=…` (bowsprit filter build does)',
  'env.seed': 'Math.random() needs it: take your randomness from a request id or a counter',
  'env.console.log': 'use log.info() of the SDK instead of console.log()',
  'env.console.warn': 'use log.warn() of the SDK instead of console.warn()',
  'env.console.error': 'use log.error() of the SDK instead of console.error()',
  'env.console.debug': 'use log.debug() of the SDK instead of console.debug()',
  'env.console.info': 'use log.info() of the SDK instead of console.info()',
  'env.Date.now': 'use now() of the SDK instead of Date.now()',
  'env.performance.now': 'use now() of the SDK instead of performance.now()',
  'env.trace': 'use log.trace() of the SDK instead of trace()',
  'env.process.exit': 'a filter cannot end the proxy',
};

/** Callbacks that Envoy calls and this host has no use for; a module may export them. */
const UNUSED_CALLBACKS = new Set([
  'proxy_on_memory_allocate',
  'proxy_on_new_connection',
  'proxy_on_downstream_data',
  'proxy_on_upstream_data',
  'proxy_on_downstream_connection_close',
  'proxy_on_upstream_connection_close',
  'proxy_on_grpc_receive_initial_metadata',
  'proxy_on_grpc_receive_trailing_metadata',
  'proxy_on_grpc_receive',
  'proxy_on_grpc_close',
  'proxy_on_request_metadata',
  'proxy_on_response_metadata',
  'proxy_on_foreign_function',
  'proxy_validate_configuration',
  'proxy_on_resolve_dns',
  'proxy_on_stats_update',
]);

/** Empty: Envoy 1.40 would load it. */
export function checkModule(bytes: Uint8Array<ArrayBuffer>): Problem[] {
  let module: WebAssembly.Module;
  try {
    module = compileModule(bytes);
  } catch (error) {
    return [{ code: 'MALFORMED', message: `not a WebAssembly module: ${(error as Error).message}` }];
  }
  return [...checkImports(module), ...checkExports(module), ...checkStart(bytes)];
}

function checkImports(module: WebAssembly.Module): Problem[] {
  const known = knownImports();
  return WebAssembly.Module.imports(module)
    .filter(({ module: from, name, kind }) => kind !== 'function' || !known[from]?.has(name))
    .map(({ module: from, name }) => {
      const mend = MENDS[`${from}.${name}`] ?? 'no proxy offers it: leave out the code that needs it';
      return { code: 'UNKNOWN_IMPORT', message: `imports ${from}.${name}, which Envoy does not have: ${mend}` };
    });
}

function checkExports(module: WebAssembly.Module): Problem[] {
  const exports = WebAssembly.Module.exports(module);
  const has = (name: string, kind = 'function') => exports.some((one) => one.name === name && one.kind === kind);
  const problems: Problem[] = [];
  if (!Object.keys(ABI_MARKERS).some((name) => has(name)))
    problems.push({
      code: 'NO_ABI',
      message: 'exports no proxy_abi_version_0_2_1: Envoy takes it for no filter at all',
    });
  if (!has('malloc') && !has('proxy_on_memory_allocate'))
    problems.push({
      code: 'NO_ALLOCATOR',
      message: 'exports neither malloc nor proxy_on_memory_allocate: Envoy has no way to hand it a value',
    });
  if (!has('memory', 'memory')) problems.push({ code: 'NO_MEMORY', message: 'exports no memory' });
  const callbacks = new Set<string>(Object.values(CALLBACKS));
  for (const { name } of exports)
    if (/^proxy_(on_|validate)/.test(name) && !callbacks.has(name) && !UNUSED_CALLBACKS.has(name))
      problems.push({ code: 'UNKNOWN_CALLBACK', message: `exports ${name}, which nothing calls: is the name right?` });
  return problems;
}

const START_SECTION = 8;

/** A start section runs before Envoy has linked the module: the first host call in it kills the proxy. */
function checkStart(bytes: Uint8Array): Problem[] {
  for (const { id } of sections(bytes))
    if (id === START_SECTION)
      return [
        {
          code: 'START_SECTION',
          message: 'has a start section, in which a host call ends Envoy: build with `--exportStart _initialize`',
        },
      ];
  return [];
}

/** The part of the catalogue that is about Wasm filters: BSP04…; messages.ts puts it in. */
import type { Message } from './messages.ts';

export const WASM_MESSAGES = {
  WasmFileMissing: {
    code: 'BSP0501',
    level: 'error',
    text: 'the module {url} cannot be read: {problem}; the filter is left out',
    mend: "file:// names a file of the machine that runs this gateway, not of the cluster's proxy: give its path there, or an https:// or oci:// URL.",
  },
  WasmFetchFailed: {
    code: 'BSP0502',
    level: 'error',
    text: 'the module {url} could not be fetched: {problem}; until it is there, {consequence}',
    mend: 'Correct the URL, the digest or the credentials; the module is fetched when the configuration is applied.',
  },
  WasmNotHttp: {
    code: 'BSP0503',
    level: 'warning',
    text: 'type NETWORK filters TCP connections, which an edge for HTTP does not have; the filter is left out here',
    mend: 'Keep it for the proxies in the cluster; an HTTP filter needs type HTTP.',
  },
  WasmHostEnvironment: {
    code: 'BSP0504',
    level: 'warning',
    text: 'the environment variable {name} is taken from the proxy’s own environment, which an edge does not have; the filter sees none',
    mend: 'Write its value: valueFrom INLINE with value.',
  },
  LuaNotSupported: {
    code: 'BSP0505',
    level: 'error',
    text: 'there is no Lua at the edge; this TrafficExtension is left out',
    mend: 'Write it as a Wasm filter, which runs here and in the cluster.',
  },
} as const satisfies Record<string, Message>;

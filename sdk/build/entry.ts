/** The generated entry: one exported function for each overridden method, and what every module must export. */
import { IGNORES_HEADER_COUNT } from '../../gateway/wasm/guest.ts';
import type { Overrides } from './overrides.ts';

interface Callback {
  owner: 'filter' | 'plugin';
  method: string;
  text: string;
}

const CALLBACKS: readonly Callback[] = [
  {
    owner: 'plugin',
    method: 'onConfigure',
    text: 'export function proxy_on_configure(id: u32, size: u32): u32 { return runtime.configure(id, size); }',
  },
  {
    owner: 'plugin',
    method: 'onTick',
    text: 'export function proxy_on_tick(id: u32): void { runtime.tick(id); }',
  },
  {
    owner: 'plugin',
    method: 'onQueueReady',
    text: 'export function proxy_on_queue_ready(id: u32, queue: u32): void { runtime.queueReady(id, queue); }',
  },
  {
    owner: 'filter',
    method: 'onRequestHeaders',
    text: 'export function proxy_on_request_headers(id: u32, n: u32, end: u32): u32 { return runtime.requestHeaders(id, end); }',
  },
  {
    owner: 'filter',
    method: 'onRequestBody',
    text: 'export function proxy_on_request_body(id: u32, size: u32, end: u32): u32 { return runtime.requestData(id, size, end); }',
  },
  {
    owner: 'filter',
    method: 'onRequestTrailers',
    text: 'export function proxy_on_request_trailers(id: u32, n: u32): u32 { return runtime.requestTrailer(id); }',
  },
  {
    owner: 'filter',
    method: 'onResponseHeaders',
    text: 'export function proxy_on_response_headers(id: u32, n: u32, end: u32): u32 { return runtime.responseHeaders(id, end); }',
  },
  {
    owner: 'filter',
    method: 'onResponseBody',
    text: 'export function proxy_on_response_body(id: u32, size: u32, end: u32): u32 { return runtime.responseData(id, size, end); }',
  },
  {
    owner: 'filter',
    method: 'onResponseTrailers',
    text: 'export function proxy_on_response_trailers(id: u32, n: u32): u32 { return runtime.responseTrailer(id); }',
  },
  {
    owner: 'filter',
    method: 'onLog',
    text: 'export function proxy_on_log(id: u32): void { runtime.logged(id); }',
  },
  {
    owner: 'filter',
    method: 'onDone',
    text: 'export function proxy_on_done(id: u32): u32 { return runtime.done(id); }',
  },
];

const CALL_RESPONSE =
  'export function proxy_on_http_call_response(id: u32, token: u32, h: u32, size: u32, t: u32): void { runtime.httpCallResponse(id, token, size); }';

const ALWAYS = [
  'export function proxy_abi_version_0_2_1(): void {}',
  'export function proxy_on_memory_allocate(size: usize): usize { return allocateForHost(size); }',
  // No callback here looks at the number of headers: this tells our host that it need not count them.
  `export function ${IGNORES_HEADER_COUNT}(): void {}`,
  'export function proxy_on_context_create(id: u32, parent: u32): void { runtime.contextCreate(id, parent, () => make()); }',
  'export function proxy_on_delete(id: u32): void { runtime.deleted(id); }',
];

/** Throws when the entry exports neither a Plugin nor a filter. */
export function entrySource(source: string, overrides: Overrides): string {
  const { plugin, filter, filterMethods, pluginMethods } = overrides;
  if (!plugin && !filter) throw new Error('the entry exports no class that extends HttpFilter or Plugin');
  const wanted = CALLBACKS.filter(({ owner, method }) =>
    (owner === 'filter' ? filterMethods : pluginMethods).has(method),
  ).map(({ text }) => text);
  if (filterMethods.has('onCallResponse') || pluginMethods.has('onCallResponse')) wanted.push(CALL_RESPONSE);
  return [
    'import * as runtime from "bowsprit-sdk/assembly/runtime";',
    'import { allocateForHost } from "bowsprit-sdk/assembly/memory";',
    'import { HttpFilter, Plugin } from "bowsprit-sdk";',
    `import { ${plugin ?? filter} as Author } from ${JSON.stringify(source)};`,
    ...(plugin ? [] : ['class Only extends Plugin { createFilter(): HttpFilter { return new Author(); } }']),
    `function make(): Plugin { return new ${plugin ? 'Author' : 'Only'}(); }`,
    ...ALWAYS,
    ...wanted,
    '',
  ].join('\n');
}

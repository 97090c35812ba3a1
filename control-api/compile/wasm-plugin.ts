/** WasmPlugins and TrafficExtensions that select this gateway become HTTP filters, in Istio's phases and order. */
import type { PhaseName } from '../../gateway/phase-names.ts';
import type { HttpFilter, Listener, WasmBinding } from '../../gateway/snapshot.ts';
import { about } from '../analysis/about.ts';
import { finding } from '../analysis/report.ts';
import type { Resource } from '../resources/resource.ts';
import type { TrafficExtensionSpec, WasmPluginSpec } from '../resources/types.gen.ts';
import { addHttpFilters } from './http-filters.ts';
import { sortKeys } from './identify.ts';
import { placePolicies, splitByScope } from './policies/scope.ts';
import type { CompileInput, Draft, ModuleReference, Processor } from './processor.ts';
import { byAge, EXTENSIONS } from './select.ts';

/** What both kinds say, in one shape. `path` is where the module's settings stand in the object. */
interface Extension {
  resource: Resource;
  path: string[];
  wasm: NonNullable<TrafficExtensionSpec['wasm']>;
  phase: PhaseName;
  priority: number;
  match: NonNullable<WasmPluginSpec['match']>;
}

const PHASES: Readonly<Record<string, PhaseName>> = { AUTHN: 'wasm-authn', AUTHZ: 'wasm-authz', STATS: 'wasm-stats' };
/** An absent priority is below every number (captured: wasm/priorities). */
const NO_PRIORITY = Number.NEGATIVE_INFINITY;

export const wasmPlugin: Processor = {
  name: 'wasm-plugin',
  reason: 'after gateways, whose listeners it extends',
  run(input: CompileInput, draft: Draft) {
    const plugins = splitByScope<WasmPluginSpec>(input, 'WasmPlugin', EXTENSIONS);
    const extensions = splitByScope<TrafficExtensionSpec>(input, 'TrafficExtension', EXTENSIONS);
    const ours = [...plugins.ours.map(ofPlugin), ...extensions.ours.flatMap((one) => ofExtension(one, draft))];
    for (const extension of ours.sort(inOrder)) add(extension, input, draft);
    const mine = [...plugins.ours, ...extensions.ours] as unknown as Resource[];
    placePolicies(draft, mine, [...plugins.others, ...extensions.others] as unknown as Resource[]);
  },
};

function ofPlugin(resource: Resource<WasmPluginSpec>): Extension {
  const { phase, priority, match, ...wasm } = resource.spec;
  return extensionOf(resource as unknown as Resource, ['spec'], wasm, { phase, priority, match });
}

function ofExtension(resource: Resource<TrafficExtensionSpec>, draft: Draft): Extension[] {
  const { wasm, phase, priority, match, lua } = resource.spec;
  if (lua) draft.findings.push(finding('LuaNotSupported', {}, about(resource, ['spec', 'lua'])));
  if (!wasm) return [];
  return [extensionOf(resource as unknown as Resource, ['spec', 'wasm'], wasm, { phase, priority, match })];
}

function extensionOf(
  resource: Resource,
  path: string[],
  wasm: Extension['wasm'],
  at: { phase: string | undefined; priority: number | undefined; match: WasmPluginSpec['match'] },
): Extension {
  const phase = PHASES[at.phase ?? ''] ?? 'wasm';
  return { resource, path, wasm, phase, priority: at.priority ?? NO_PRIORITY, match: at.match ?? [] };
}

/** Higher priority first; among equals the older first. */
function inOrder(a: Extension, b: Extension): number {
  if (a.priority !== b.priority) return a.priority > b.priority ? -1 : 1;
  return byAge(a.resource, b.resource);
}

function add(extension: Extension, input: CompileInput, draft: Draft): void {
  const { resource, path, wasm, phase, match } = extension;
  if (wasm.type === 'NETWORK') {
    draft.findings.push(finding('WasmNotHttp', {}, about(resource, [...path, 'type'])));
    return;
  }
  const sha256 = digestOf(extension, input, draft);
  if (sha256 === undefined) return;
  const filter: HttpFilter = { phase, config: bindingOf(extension, sha256, draft) };
  addHttpFilters(draft, [filter], (listener) => matches(match, listener));
}

/** A gateway is the client of the traffic it forwards (captured: wasm/mode-and-ports). No match is everything. */
function matches(match: Extension['match'], { port }: Listener): boolean {
  if (match.length === 0) return true;
  return match.some(
    ({ mode, ports = [] }) => mode !== 'SERVER' && (ports.length === 0 || ports.some((p) => p.number === port)),
  );
}

/**
 * undefined: there is no such file here, and the plugin prunes itself. A module that could not be fetched stays in its
 * place without one, so that failStrategy decides, as it does in Istio.
 */
function digestOf({ resource, path, wasm }: Extension, input: CompileInput, draft: Draft): string | undefined {
  const { namespace } = resource.metadata;
  const reference = { ...referenceOf(wasm), ...(wasm.imagePullSecret && { namespace }) };
  const loaded = input.modules?.(reference) ?? { problem: 'modules are not fetched here' };
  if ('sha256' in loaded) return loaded.sha256;
  const place = about(resource, [...path, 'url']);
  const { problem } = loaded;
  if (reference.url.startsWith('file://')) {
    draft.findings.push(finding('WasmFileMissing', { url: reference.url, problem }, place));
    return undefined;
  }
  const open = wasm.failStrategy === 'FAIL_OPEN';
  const consequence = open ? 'requests pass without it (FAIL_OPEN)' : 'its requests are answered with 503';
  draft.findings.push(finding('WasmFetchFailed', { url: reference.url, problem, consequence }, place));
  return '';
}

/** What is to be fetched. A URL without a scheme is an image, as in Istio. */
export function referenceOf(wasm: Extension['wasm']): ModuleReference {
  const url = /^[a-z]+:\/\//.test(wasm.url) ? wasm.url : `oci://${wasm.url}`;
  const latest = url.startsWith('oci://') && !/:(?!latest$)[^/]+$|@/.test(url.slice('oci://'.length));
  const policy = wasm.imagePullPolicy ?? 'UNSPECIFIED_POLICY';
  return {
    url,
    sha256: wasm.sha256 ?? '',
    always: policy === 'Always' || (policy === 'UNSPECIFIED_POLICY' && latest && !wasm.sha256),
    ...(wasm.imagePullSecret && { pullSecret: wasm.imagePullSecret }),
  };
}

function bindingOf({ resource, path, wasm }: Extension, sha256: string, draft: Draft): WasmBinding {
  const { namespace, name } = resource.metadata;
  return {
    kind: 'wasm',
    name: `${namespace}.${name}`,
    sha256,
    url: wasm.url,
    pluginConfig: configurationText(wasm.pluginConfig),
    pluginName: wasm.pluginName ?? '',
    failStrategy:
      wasm.failStrategy === 'FAIL_OPEN' || wasm.failStrategy === 'FAIL_RELOAD' ? wasm.failStrategy : 'FAIL_CLOSED',
    env: environment({ resource, path, wasm }, draft),
    type: 'HTTP',
  };
}

function environment({ resource, path, wasm }: Pick<Extension, 'resource' | 'path' | 'wasm'>, draft: Draft) {
  const entries = (wasm.vmConfig?.env ?? []).flatMap(({ name, value, valueFrom }, index): [string, string][] => {
    if (valueFrom !== 'HOST') return [[name, value ?? '']];
    const at = about(resource, [...path, 'vmConfig', 'env', index]);
    draft.findings.push(finding('WasmHostEnvironment', { name }, at));
    return [];
  });
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Compact JSON with sorted keys; nothing at all for an absent or empty object (captured: wasm/plugin-config). */
export function configurationText(config: Record<string, unknown> | undefined): string {
  return config && Object.keys(config).length > 0 ? JSON.stringify(sortKeys(config)) : '';
}

/** Telemetry objects and MeshConfig's providers → the access logs. Spans and changed metrics are not made (fields.json says so). */
import type { AccessLog } from '../../gateway/snapshot.ts';
import { about } from '../analysis/about.ts';
import { finding } from '../analysis/report.ts';
import { describe, type Resource } from '../resources/resource.ts';
import type { TelemetrySpec } from '../resources/types.gen.ts';
import { meshAccessLogs } from './access-log.ts';
import { type LogProvider, logProviders } from './log-providers.ts';
import { compare } from './names.ts';
import { selectsProxy, targetsOf } from './policies/scope.ts';
import type { CompileInput, Draft, Processor, ProxyIdentity } from './processor.ts';
import { ofKind, TELEMETRY } from './select.ts';

type Telemetry = Resource<TelemetrySpec>;
type Rule = NonNullable<TelemetrySpec['accessLogging']>[number];
interface Logging {
  filter?: string;
  disabled?: true;
}

export const telemetry: Processor = {
  name: 'telemetry',
  reason: 'overrides what MeshConfig says of access logs',
  run(input: CompileInput, draft: Draft) {
    const applicable = applicableTo(ofKind<TelemetrySpec>(input, TELEMETRY, 'Telemetry'), input.identity);
    const rules = applicable.map(({ spec }) => spec.accessLogging ?? []).filter((list) => list.length > 0);
    const defaults = defaultProviders(input.mesh);
    const isLegacy = rules.length === 0 && defaults.length === 0;
    const logging = mergeLogs(rules, defaults);
    if (!isLegacy) draft.snapshot.mesh.accessLog = accessLogs(logging, logProviders(input.mesh));
    else draft.snapshot.mesh.accessLog = meshAccessLogs(input.mesh);
    for (const object of applicable) report(object, logProviders(input.mesh), draft);
  },
};

/** The oldest without a selector of the root namespace, of the proxy's own, then all there that select the proxy. */
function applicableTo(all: readonly Telemetry[], identity: ProxyIdentity): Telemetry[] {
  const isWide = ({ spec }: Telemetry) =>
    Object.keys(spec.selector?.matchLabels ?? {}).length === 0 && targetsOf(spec).length === 0;
  const wideIn = (namespace: string) => all.find((one) => one.metadata.namespace === namespace && isWide(one));
  const namespaces = new Set([identity.rootNamespace, identity.namespace]);
  const own = all.filter(
    (one) => one.metadata.namespace === identity.namespace && !isWide(one) && selectsProxy(one, identity),
  );
  return [...[...namespaces].flatMap((namespace) => wideIn(namespace) ?? []), ...own];
}

const defaultProviders = ({ defaultProviders: given }: Record<string, unknown>): string[] => {
  const { accessLogging } = (given ?? {}) as { accessLogging?: unknown };
  return Array.isArray(accessLogging) ? accessLogging.map(String) : [];
};

/** A gateway is the client's side of its upstreams. */
const isOurs = ({ match }: Rule): boolean => (match?.mode ?? 'CLIENT_AND_SERVER') !== 'SERVER';
const namesOf = ({ providers = [] }: Rule): string[] => providers.map(({ name }) => name);

/** Later objects override earlier ones, rule by rule, among the providers in scope. Istio: mergeLogs. */
function mergeLogs(objects: readonly Rule[][], defaults: string[]): Map<string, Logging> {
  if (objects.length === 0) return new Map(defaults.map((name) => [name, {}]));
  const scope = new Set(scopeOf(objects, defaults));
  const filters = filtersOf(objects);
  const merged = new Map<string, Logging>();
  let inherited = defaults;
  for (const rule of objects.flat()) {
    const named = namesOf(rule);
    if (named.length > 0) inherited = named;
    if (!isOurs(rule)) continue;
    for (const name of inherited.filter((one) => scope.has(one))) {
      merged.set(name, rule.disabled ? { disabled: true } : (filters.get(name) ?? {}));
    }
  }
  return merged;
}

/** The last object that names providers says which there are. */
function scopeOf(objects: readonly Rule[][], defaults: string[]): string[] {
  const named = objects.map((rules) => rules.filter(isOurs).flatMap(namesOf));
  return named.findLast((names) => names.length > 0) ?? defaults;
}

/** The filter of a provider is that of the last rule that names it, none included. */
function filtersOf(objects: readonly Rule[][]): Map<string, Logging> {
  const ours = objects.flat().filter(isOurs);
  return new Map(
    ours.flatMap((rule) => {
      const filter = rule.filter?.expression;
      return namesOf(rule).map((name) => [name, filter ? { filter } : {}] as const);
    }),
  );
}

function accessLogs(logging: ReadonlyMap<string, Logging>, providers: ReadonlyMap<string, LogProvider>): AccessLog[] {
  return [...logging]
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([name, { filter, disabled }]): AccessLog[] => {
      const format = providers.get(name)?.format;
      return format && !disabled ? [{ format, ...(filter && { filter }) }] : [];
    });
}

function report(object: Telemetry, providers: ReadonlyMap<string, LogProvider>, draft: Draft): void {
  for (const [index, rule] of (object.spec.accessLogging ?? []).entries()) {
    for (const name of namesOf(rule)) {
      const problem = providers.has(name) ? providers.get(name)?.problem : 'is not in the mesh configuration';
      const place = about(object, ['spec', 'accessLogging', index, 'providers']);
      if (problem) draft.findings.push(finding('LogProviderNotServed', { provider: name, problem }, place));
    }
  }
  draft.placements.push({ resource: describe(object), where: 'edge', reason: 'applies to this gateway' });
}

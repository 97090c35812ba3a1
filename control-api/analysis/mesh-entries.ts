/** What a MeshEntry lacks, and what of the cluster's own configuration does not fit a gateway of another name. */
import { entrySettings, isMeshEntry } from '../compile/mesh-entry.ts';
import { resolveHost } from '../compile/names.ts';
import { NETWORKING, ofKind, SECURITY } from '../compile/select.ts';
import { exportedTo, isVisible } from '../compile/visibility.ts';
import type { FieldPath, Resource } from '../resources/resource.ts';
import type { AuthorizationPolicySpec, DestinationRuleSpec, MeshEntrySpec } from '../resources/types.gen.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import { finding } from './report.ts';

export function meshEntries(scene: Scene): Finding[] {
  const entry = scene.input.resources.find(isMeshEntry) as Resource<MeshEntrySpec> | undefined;
  if (!entry) return [];
  const { namespace } = entrySettings(entry.spec);
  return [...assertion(entry), ...gatewayPrincipals(scene, namespace), ...hiddenSubsets(scene, namespace)];
}

function assertion(entry: Resource<MeshEntrySpec>): Finding[] {
  const { transport, assertion: wanted } = entry.spec;
  if (!wanted)
    return transport === 'TUNNEL' ? [finding('TunnelWithoutAssertion', {}, about(entry, ['spec', 'transport']))] : [];
  const error = mistakeOf(wanted.jwks);
  return error ? [finding('UnreadableKeys', { error }, about(entry, ['spec', 'assertion', 'jwks']))] : [];
}

function mistakeOf(jwks: string): string | undefined {
  try {
    const { keys } = JSON.parse(jwks) as { keys?: Record<string, unknown>[] };
    if (!Array.isArray(keys) || keys.length === 0) return 'it has no keys';
    return keys.some(({ d }) => d !== undefined)
      ? 'it holds a private key, which is now known to whoever reads this'
      : undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

type Source = NonNullable<NonNullable<NonNullable<AuthorizationPolicySpec['rules']>[number]['from']>[number]['source']>;

const NEGATED = { principals: 'notPrincipals', namespaces: 'notNamespaces' } as const;

/** ALLOW only the ingress gateway, DENY all but it: what comes through the entry would be refused. */
function gatewayPrincipals({ input }: Scene, namespace: string): Finding[] {
  const trustDomain = String(input.mesh.trustDomain ?? 'cluster.local');
  const entry = { principals: `${trustDomain}/ns/${namespace}/sa/bowsprit-entry`, namespaces: namespace };
  const gateway = {
    principals: new RegExp(`/ns/${input.identity.namespace}/sa/istio-ingressgateway`),
    namespaces: new RegExp(`^${input.identity.namespace}$`),
  };
  return ofKind<AuthorizationPolicySpec>(input, SECURITY, 'AuthorizationPolicy').flatMap((policy) => {
    const { action = 'ALLOW' } = policy.spec;
    if (action !== 'ALLOW' && action !== 'DENY') return [];
    return sourcesOf(policy).flatMap(({ source, path }) =>
      (['principals', 'namespaces'] as const).flatMap((kind) => {
        const field = action === 'ALLOW' ? kind : NEGATED[kind];
        const values = source[field] ?? [];
        const value = values.find((one) => gateway[kind].test(one));
        if (value === undefined || values.includes(entry[kind])) return [];
        return [finding('GatewayPrincipal', { value, entry: entry[kind] }, about(policy, [...path, field]))];
      }),
    );
  });
}

function sourcesOf({ spec }: Resource<AuthorizationPolicySpec>): { source: Source; path: FieldPath }[] {
  return (spec.rules ?? []).flatMap(({ from = [] }, rule) =>
    from.flatMap(({ source }, index) =>
      source ? [{ source, path: ['spec', 'rules', rule, 'from', index, 'source'] }] : [],
    ),
  );
}

/** DestinationRules that the entry is not shown, though routes name their subsets. */
function hiddenSubsets({ input, compiled }: Scene, namespace: string): Finding[] {
  const behind = Object.values(compiled.snapshot.clusters).filter(({ resolution }) => resolution === 'MESH');
  const wanted = new Set(behind.map(({ host, subset = '' }) => `${subset} ${host}`));
  return ofKind<DestinationRuleSpec>(input, NETWORKING, 'DestinationRule').flatMap((rule) => {
    const { exportTo, host, subsets = [] } = rule.spec;
    const own = rule.metadata.namespace;
    const exported = exportedTo(exportTo, own, input.mesh.defaultDestinationRuleExportTo);
    if (isVisible(exported, namespace)) return [];
    const name = resolveHost(host ?? '', own, input.identity.clusterDomain);
    const subset = subsets.find((one) => wanted.has(`${one.name} ${name}`))?.name;
    return subset ? [finding('HiddenSubset', { subset, namespace }, about(rule, ['spec', 'exportTo']))] : [];
  });
}

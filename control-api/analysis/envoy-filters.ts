/** EnvoyFilter operations that Istio ignores, or whose result depends on an order that nobody set (IST0151 to IST0155). */
import { NETWORKING, ofKind } from '../compile/select.ts';
import type { EnvoyFilterSpec } from '../resources/types.gen.ts';
import { about } from './about.ts';
import type { Scene } from './analyse.ts';
import type { Finding } from './finding.ts';
import type { MessageName } from './messages.ts';
import { finding } from './report.ts';

type ConfigPatch = NonNullable<EnvoyFilterSpec['configPatches']>[number];

const ROUTES = new Set(['ROUTE_CONFIGURATION', 'HTTP_ROUTE']);
const REPLACEABLE = new Set(['HTTP_FILTER', 'NETWORK_FILTER', 'VIRTUAL_HOST']);
const RELATIVE = new Set(['REMOVE', 'REPLACE', 'INSERT_BEFORE', 'INSERT_AFTER']);

export function envoyFilters({ input }: Scene): Finding[] {
  const versioned = new Set<string>();
  return ofKind<EnvoyFilterSpec>(input, NETWORKING, 'EnvoyFilter').flatMap((filter) =>
    (filter.spec.configPatches ?? []).flatMap((patch, index) => {
      const message = problemOf(patch, filter.spec.priority ?? 0, versioned);
      if (patch.match?.proxy?.proxyVersion) versioned.add(nameOf(patch));
      return message ? [finding(message, {}, about(filter, ['spec', 'configPatches', index, 'patch']))] : [];
    }),
  );
}

function problemOf(
  { applyTo = 'INVALID', patch, match }: ConfigPatch,
  priority: number,
  versioned: ReadonlySet<string>,
) {
  const operation = patch?.operation ?? '';
  if (ROUTES.has(applyTo) && operation === 'ADD') return 'AddIgnored' satisfies MessageName;
  if (ROUTES.has(applyTo) && operation === 'REMOVE') return 'RemoveIgnored' satisfies MessageName;
  if (operation === 'REPLACE' && !REPLACEABLE.has(applyTo)) return 'ReplaceIgnored' satisfies MessageName;
  if (priority !== 0 || !RELATIVE.has(operation)) return undefined;
  const name = nameOf({ patch, match } as ConfigPatch);
  return versioned.has(name) ? 'RelativeOperationWithProxyVersion' : 'RelativeOperation';
}

/** The name of the patch's own filter, else of the one that it is put beside. */
function nameOf({ patch, match }: ConfigPatch): string {
  const own = (patch?.value as { name?: unknown } | undefined)?.name;
  return typeof own === 'string' ? own : (match?.listener?.filterChain?.filter?.name ?? '');
}

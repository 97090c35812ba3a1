/** Services of the cluster that the gateway itself asks: authorisers, and issuers for their keys. */
import type { Cluster } from '../../gateway/snapshot.ts';
import type { RequestAuthenticationSpec } from '../resources/types.gen.ts';
import { parseClusterName } from './names.ts';
import { authorizerClusters } from './policies/extension-providers.ts';
import { keysClusters } from './policies/keys-cluster.ts';
import type { CompileInput } from './processor.ts';
import { ofKind, SECURITY } from './select.ts';

/**
 * Clusters that the mesh entry can reach: of a Service that is among the files, and of what is a Service's name beyond doubt. Others
 * have endpoints here or are on the internet, `keys.shop` among them.
 */
export function calloutClusters(input: CompileInput, known: Record<string, Cluster>): string[] {
  const rules = ofKind<RequestAuthenticationSpec>(input, SECURITY, 'RequestAuthentication');
  const issuers = rules.flatMap(({ spec }) => spec.jwtRules ?? []).flatMap(keysClusters);
  const suffix = `.svc.${input.identity.clusterDomain}`;
  const isService = ({ cluster, guessed }: { cluster: string; guessed: boolean }): boolean =>
    known[cluster] !== undefined || (!guessed && parseClusterName(cluster)?.host.endsWith(suffix) === true);
  const authorisers = authorizerClusters(input).map((cluster) => ({ cluster, guessed: false }));
  return [...authorisers, ...issuers].filter(isService).map(({ cluster }) => cluster);
}

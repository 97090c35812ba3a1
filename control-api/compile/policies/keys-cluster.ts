/** Where an issuer's keys are: at a service of the cluster, which the edge reaches as it reaches other services, or outside. */
import { clusterName } from '../names.ts';
import type { Draft } from '../processor.ts';
import type { JwtRuleSpec } from './jwt-rules.ts';

/** What is asked first: jwksUri, or the issuer's discovery document. undefined: nothing is fetched, or it is no URL. */
export function keysUrl({ jwks, jwksUri, issuer }: JwtRuleSpec): URL | undefined {
  const uri = jwksUri || issuer || '';
  return jwks || !/^https?:/.test(uri) ? undefined : (URL.parse(uri) ?? undefined);
}

/** A name that no public DNS knows: one label, or a Service's. */
export function isClusterName(host: string): boolean {
  if (host.includes('.')) return /\.svc(\.|$)/.test(host);
  return host !== 'localhost' && !host.startsWith('[');
}

/** The clusters that a plain HTTP URL may mean. `guessed`: its host may as well be a name on the internet. */
export function keysClusters(rule: JwtRuleSpec): { cluster: string; guessed: boolean }[] {
  const url = keysUrl(rule);
  if (url?.protocol !== 'http:') return [];
  const { hostname, port } = url;
  const hosts = [hostname, `${hostname}.cluster.local`, `${hostname}.svc.cluster.local`];
  return hosts.map((host, index) => ({ cluster: clusterName(host, Number(port || 80)), guessed: index === 2 }));
}

/** The cluster of a plain HTTP URL whose host is a service with endpoints; undefined: outside, or out of reach. */
export function keysCluster(rule: JwtRuleSpec, draft: Draft): string | undefined {
  const { clusters } = draft.snapshot;
  return keysClusters(rule).find(({ cluster }) => (clusters[cluster]?.endpoints.length ?? 0) > 0)?.cluster;
}

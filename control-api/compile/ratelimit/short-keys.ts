/** The keys that a RateLimit may count by, as Envoy's actions. */
import type { RateLimitAction, StringMatch } from '../../../gateway/snapshot.ts';
import type { RateLimitSpec } from '../../resources/types.gen.ts';

export type Key = NonNullable<RateLimitSpec['limits'][number]['by']>[number];

/** Two lists of keys with one signature read the same things of a request; values do not matter. */
export function signatureOf(keys: readonly Key[]): string {
  return JSON.stringify(keys.map(({ value: _value, ...key }) => key));
}

/** @param place of the key in its list: two keys of one kind stay apart. */
export function keyAction(key: Key, place: number): RateLimitAction {
  if (key.header) {
    const headerName = key.header.toLowerCase();
    return { kind: 'requestHeaders', headerName, descriptorKey: `header:${headerName}`, skipIfAbsent: false };
  }
  if (key.claim) return claimAction(key.claim);
  if (key.path) return pathAction(key.path, place);
  const { ipv4PrefixLength: v4, ipv6PrefixLength: v6 } = key.clientAddress ?? {};
  if (v4 === undefined && v6 === undefined) return { kind: 'remoteAddress' };
  return { kind: 'maskedRemoteAddress', v4PrefixMaskLen: v4 ?? 32, v6PrefixMaskLen: v6 ?? 128 };
}

/** `groups.first` or `sub`: of the token that jwt_authn has verified. */
function claimAction(claim: string): RateLimitAction {
  const path = ['payload', ...claim.split('.')];
  const metadataKey = { key: 'envoy.filters.http.jwt_authn', path };
  const descriptorKey = `claim:${claim}`;
  return { kind: 'metadata', descriptorKey, source: 'DYNAMIC', metadataKey, defaultValue: '', skipIfAbsent: false };
}

/** The path without its query. An empty matcher takes every path; the limit is then one for all of them. */
function pathAction({ exact, prefix, regex }: NonNullable<Key['path']>, place: number): RateLimitAction {
  const value = exact ?? prefix ?? regex ?? '';
  const match: StringMatch =
    exact !== undefined
      ? { kind: 'regex', value: `${exact.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(\\?.*)?` }
      : regex !== undefined
        ? { kind: 'regex', value: `(?:${regex})(\\?.*)?` }
        : { kind: 'prefix', value: prefix ?? '' };
  const header = { name: ':path', match, invert: false, treatMissingAsEmpty: false };
  return {
    kind: 'headerValueMatch',
    descriptorKey: `path:${place}`,
    descriptorValue: value || '*any',
    expectMatch: true,
    headers: [header],
  };
}

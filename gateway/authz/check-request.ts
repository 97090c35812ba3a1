/** The request that an external authoriser sees. */
import type { Exchange } from '../exchange.ts';
import type { ExtAuthzHttp } from '../snapshot.ts';
import type { CheckBody } from './check-body.ts';
import { headerPatterns } from './header-patterns.ts';

export interface CheckRequest {
  authority: string;
  path: string;
  method: string;
  headers: Headers;
  body?: Uint8Array<ArrayBuffer>;
}

/** Method, authority, path (behind the prefix) and Authorization always; other headers only as configured. */
export function checkRequest(
  provider: ExtAuthzHttp,
): (exchange: Exchange, body: CheckBody | undefined) => CheckRequest {
  const included = headerPatterns(provider.includeRequestHeadersInCheck);
  return ({ authority, method, path, requestHeaders }, body) => {
    const headers = new Headers();
    for (const [name, value] of requestHeaders.entries()) {
      if (name === 'authorization' || included(name)) headers.append(name, value);
    }
    for (const [name, value] of provider.includeAdditionalHeadersInCheck) headers.set(name, value);
    headers.delete('content-length');
    // What Envoy's HTTP client writes into every request of its own.
    headers.set('x-envoy-internal', 'true');
    headers.set('x-envoy-expected-rq-timeout-ms', String(provider.timeoutMs));
    const request = { authority, method, path: provider.pathPrefix + path, headers };
    if (!body) return request;
    headers.set('x-envoy-auth-partial-body', String(body.partial));
    return { ...request, body: body.bytes };
  };
}

/** Finds the key set of an issuer that is configured by its name alone (OpenID Connect Discovery 1.0, section 4). */
import { CalloutError, type Fetch, type FetchedDocument, fetchDocument } from './fetch-document.ts';

/** `https://issuer/.well-known/openid-configuration`; undefined when the issuer is no URL and so cannot be asked. */
export function discoveryUrl(issuer: string): string | undefined {
  return /^https?:\/\//.test(issuer) ? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration` : undefined;
}

/**
 * The key set that the issuer's own document names. On the issuer's host it is fetched like the document; elsewhere with
 * `fetchAbroad`, so that an issuer cannot send the gateway into a private network.
 * @throws CalloutError when there is no document, it names no `jwks_uri`, or an https issuer names one without TLS.
 */
export async function fetchDiscovered(
  issuer: string,
  timeoutMs: number,
  fetch: Fetch,
  fetchAbroad: Fetch = fetch,
): Promise<FetchedDocument> {
  const url = discoveryUrl(issuer);
  if (!url) throw new CalloutError(`issuer ${issuer} is no URL`);
  const jwksUri = readJwksUri((await fetchDocument(url, timeoutMs, fetch)).text);
  if (!jwksUri || (url.startsWith('https:') && !jwksUri.startsWith('https:'))) {
    throw new CalloutError(`${url} names no usable jwks_uri`);
  }
  const isNamed = new URL(jwksUri).hostname === new URL(url).hostname;
  return fetchDocument(jwksUri, timeoutMs, isNamed ? fetch : fetchAbroad);
}

function readJwksUri(text: string): string | undefined {
  try {
    const { jwks_uri: uri } = JSON.parse(text) as { jwks_uri?: unknown };
    return typeof uri === 'string' && /^https?:\/\//.test(uri) ? uri : undefined;
  } catch {
    return undefined;
  }
}

/** One bounded callout for a JSON document: time, size, status and hosts are all limited. */

/** How a callout leaves: `env.INTERNET.fetch` where `serve` or `deploy` bound one, else the platform's own fetch. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** A key set of this size holds thousands of keys; more is an error page or an attack. */
const MAX_BYTES = 1_048_576;
const MAX_REDIRECTS = 3;

export interface FetchedDocument {
  text: string;
  /** Seconds the issuer lets it be kept (Cache-Control: max-age), undefined when it says nothing. */
  maxAge?: number;
}

export class CalloutError extends Error {
  readonly code = 'JWKS_CALLOUT';
}

/**
 * GETs `url`. Redirects are followed on the same host only: a callout never goes where the configuration names nobody.
 * @throws CalloutError for any other status than 200, a body over 1 MiB, or when `timeoutMs` is over.
 */
export async function fetchDocument(url: string, timeoutMs: number, fetch: Fetch): Promise<FetchedDocument> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await follow(url, signal, fetch, MAX_REDIRECTS);
    return { text: await readBounded(response), ...maxAgeOf(response) };
  } catch (error) {
    throw error instanceof CalloutError ? error : new CalloutError(`${url}: ${String(error)}`);
  }
}

async function follow(url: string, signal: AbortSignal, fetch: Fetch, redirects: number): Promise<Response> {
  const response = await fetch(url, { redirect: 'manual', signal, headers: { accept: 'application/json' } });
  if (response.status === 200) return response;
  await response.body?.cancel();
  const location = response.headers.get('location');
  const target = location && [301, 302, 303, 307, 308].includes(response.status) ? new URL(location, url) : undefined;
  if (!target) throw new CalloutError(`${url}: status ${response.status}`);
  if (redirects === 0 || !mayFollow(new URL(url), target))
    throw new CalloutError(`${url}: redirects to ${target.host}`);
  return follow(target.href, signal, fetch, redirects - 1);
}

/** Same host, and never from https back to http. */
function mayFollow(from: URL, to: URL): boolean {
  return to.hostname === from.hostname && (to.protocol === from.protocol || to.protocol === 'https:');
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += (chunk as Uint8Array).byteLength;
    if (bytes > MAX_BYTES) throw new CalloutError('the document is larger than 1 MiB');
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  return text + decoder.decode();
}

function maxAgeOf(response: Response): { maxAge?: number } {
  const match = /(?:^|[\s,])max-age=(\d{1,9})/.exec(response.headers.get('cache-control') ?? '');
  return match ? { maxAge: Number(match[1]) } : {};
}

/**
 * CUSTOM: puts the requests that the policies match to an external authoriser over HTTP. What goes there and what comes
 * back is Envoy 1.40's ext_authz filter with Istio's settings, asked header by header.
 */
import type { Exchange, LocalReply, Verdict } from '../exchange.ts';
import type { RouteScope, Step } from '../phases.ts';
import type { ExtAuthz, ExtAuthzHttp, Snapshot } from '../snapshot.ts';
import { readForCheck } from './check-body.ts';
import { checkRequest } from './check-request.ts';
import { headerPatterns } from './header-patterns.ts';
import { denial } from './phase.ts';
import { policyIndex } from './policy-index.ts';
import { sendCheck } from './send-check.ts';

export function foldExtAuthz({ filters, snapshot }: RouteScope): Step[] {
  return filters.flatMap(({ config }) => (config.kind === 'ext_authz' ? [stepOf(config, snapshot)] : []));
}

/** One step for each filter, however many routes the listener has. */
const steps = new WeakMap<ExtAuthz, Step>();

function stepOf(config: ExtAuthz, snapshot: Snapshot): Step {
  let step = steps.get(config);
  if (!step) {
    step = extAuthzStep(config, snapshot);
    steps.set(config, step);
  }
  return step;
}

/** A provider that nobody defined cannot be asked: what it should have decided is denied. */
function extAuthzStep({ policies, provider }: ExtAuthz, snapshot: Snapshot): Step {
  const index = policyIndex(policies);
  if (!provider) {
    return {
      request(exchange) {
        const policy = index.match(exchange);
        return policy === undefined ? undefined : denial(policy);
      },
    };
  }
  const ask = authorizer(provider, snapshot);
  return {
    // Where there is no route there is nothing to ask for (Envoy 1.40).
    request: (exchange) => (exchange.route && index.match(exchange) !== undefined ? ask(exchange) : undefined),
    response: addDownstreamHeaders,
  };
}

/** Headers of the authoriser that the client gets with the upstream's answer. */
const forClient = new WeakMap<Exchange, [name: string, value: string][]>();

function addDownstreamHeaders(exchange: Exchange): void {
  for (const [name, value] of forClient.get(exchange) ?? []) exchange.responseHeaders.append(name, value);
}

function authorizer(provider: ExtAuthzHttp, snapshot: Snapshot): (exchange: Exchange) => Promise<Verdict> {
  const request = checkRequest(provider);
  const cluster = snapshot.clusters[provider.cluster];
  const toUpstream = headerPatterns(provider.headersToUpstreamOnAllow);
  const toClient = headerPatterns(provider.headersToDownstreamOnAllow);
  const refused = denyReply(provider);
  const failed: LocalReply = {
    status: provider.statusOnError,
    body: '',
    flag: 'UAEX',
    details: 'ext_authz_error',
  };
  return async (exchange) => {
    const body = await readForCheck(exchange, provider.includeRequestBodyInCheck);
    if (body && 'status' in body) return body;
    const answer = cluster && (await sendCheck(exchange, cluster, request(exchange, body), provider.timeoutMs));
    if (!answer || answer.status >= 500) {
      await answer?.body?.cancel();
      return provider.failOpen ? undefined : failed;
    }
    if (answer.status !== 200) return refused(answer);
    await answer.body?.cancel();
    copyToUpstream(exchange, answer.headers, toUpstream);
    const client = [...answer.headers].filter(([name]) => toClient(name));
    if (client.length > 0) forClient.set(exchange, client);
    return undefined;
  };
}

/** A header of the authoriser takes the place of the client's: nobody forges what the authoriser says. */
function copyToUpstream(exchange: Exchange, headers: Headers, wanted: (name: string) => boolean): void {
  for (const [name, value] of headers) if (wanted(name)) exchange.requestHeaders.set(name, value);
}

/** Reach the client whatever the configured list says. */
const ALWAYS = new Set(['www-authenticate', 'location']);
/** Belong to the connection, or are written anew. */
const NEVER = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'date', 'server']);

/** Status, body and (listed) headers of the authoriser; all its headers when none are listed. */
function denyReply(provider: ExtAuthzHttp): (answer: Response) => Promise<LocalReply> {
  const listed = headerPatterns(provider.headersToDownstreamOnDeny);
  const all = provider.headersToDownstreamOnDeny.length === 0;
  return async (answer) => {
    const body = await answer.text();
    const sent = ([name]: [string, string]) => !NEVER.has(name) && (all || ALWAYS.has(name) || listed(name));
    const headers = [...answer.headers].filter(sent);
    const contentType = headers.find(([name]) => name === 'content-type')?.[1] ?? 'text/plain';
    return {
      status: answer.status,
      body,
      headers: headers.filter(([name]) => name !== 'content-type'),
      ...(body !== '' && { contentType }),
      flag: 'UAEX',
      details: 'ext_authz_denied',
    };
  };
}

/** The Exchange of an HTTP/1 request as workerd hands it over. The URL is only ever sliced: parsing would normalise it. */
import type { SocketCf } from '../bindings.ts';
import type { Claims, Exchange, UpstreamInfo } from '../exchange.ts';
import type { Listener, Route, Snapshot, VirtualHost } from '../snapshot.ts';
import type { ResponseFlag } from '../telemetry/flags.ts';
import { clientAddressOf, type Peer, peerOf } from './client-address.ts';
import { certificateName } from './client-certificate.ts';
import type { ConnectionManager } from './connection-manager.ts';
import { forwardedClientCert } from './forwarded-client-cert.ts';
import { CopyOnWriteHeaders } from './header-view.ts';
import { normaliseTarget } from './normalise-path.ts';
import { RequestHeaderView } from './request-header-view.ts';
import { sanitiseRequestHeaders } from './request-headers.ts';

export type Bindings = Readonly<Record<string, unknown>>;

interface PassedOn {
  response: Response;
  status: number;
}

/** Where a request came in. */
export interface Entrance {
  readonly snapshot: Snapshot;
  readonly listener: Listener;
  readonly connection: ConnectionManager;
}

export class HttpExchange implements Exchange {
  readonly snapshot: Snapshot;
  readonly listener: Listener;
  readonly connection: ConnectionManager;
  readonly request: Request;
  readonly env: Bindings;
  method: string;
  readonly scheme: string;
  readonly peer: Peer;
  readonly serverName: string | undefined;
  readonly clientAddress: string;
  readonly requestHeaders: RequestHeaderView;
  readonly startTime = Date.now();
  readonly upstream: UpstreamInfo = { cluster: undefined, endpoint: undefined, attempts: 0, failure: undefined };
  readonly flags = new Set<ResponseFlag>();
  destination: number | undefined = undefined;
  routeHeaders: Exchange['routeHeaders'] = undefined;
  filters: Exchange['filters'] = undefined;
  virtualHost: VirtualHost | undefined = undefined;
  route: Route | undefined = undefined;
  authority: string;
  path: string;
  /** The path could not be normalised: the answer is 400. */
  readonly malformedPath: boolean;
  /** As they came in. */
  readonly headerCount: number;
  body: ReadableStream<Uint8Array> | null;
  status = 0;
  /** The upstream's Response, while nobody has put something else in its place. */
  #passedOn: PassedOn | undefined;
  #responseHeaders: CopyOnWriteHeaders | undefined;
  #responseBody: Exchange['responseBody'] = null;
  details = '';
  #verified: Map<string, Claims> | undefined;
  #metadata: Map<string, Record<string, unknown>> | undefined;
  readonly #context: ExecutionContext;

  constructor(
    request: Request,
    env: Bindings,
    context: ExecutionContext,
    { snapshot, listener, connection }: Entrance,
    tls: boolean,
  ) {
    this.request = request;
    this.env = env;
    this.#context = context;
    this.snapshot = snapshot;
    this.listener = listener;
    this.connection = connection;
    this.method = request.method;
    this.body = request.body as ReadableStream<Uint8Array> | null;
    const url = request.url;
    const start = url.indexOf('://') + 3;
    this.requestHeaders = new RequestHeaderView(request.headers);
    const headers = this.requestHeaders;
    // The URL's own authority may be written otherwise than the Host: without a default port, say.
    const end = pathStart(url, start);
    this.authority = headers.get('host') ?? url.slice(start, end);
    if (connection.stripAnyHostPort) this.authority = withoutPort(this.authority);
    const target = url.slice(end);
    const normal = normaliseTarget(target, connection.pathNormalization);
    this.malformedPath = normal === undefined;
    this.path = normal ?? target;
    const proxies = connection.trustedHops;
    const transport = tls || url.startsWith('https:') ? 'https' : 'http';
    const forwardedProto = (proxies > 0 ? headers.get('x-forwarded-proto') : null) ?? transport;
    this.scheme = schemeOf(forwardedProto) ?? transport;
    const cf = request.cf as SocketCf | undefined;
    this.peer = peerOf(cf?.clientIp, () => headers.get('cf-connecting-ip'));
    if (cf?.tlsClientAuth) this.peer.principal = certificateName(cf.tlsClientAuth);
    this.serverName = cf?.serverName;
    this.clientAddress = clientAddressOf(this.peer, headers.get('x-forwarded-for'), proxies);
    this.headerCount = headers.size;
    const claimed = cf?.tlsClientAuth && headers.get('x-forwarded-client-cert');
    sanitiseRequestHeaders(headers, this.peer.address, this.clientAddress, forwardedProto, connection);
    if (connection.tellsPort) tellPort(headers, connection, listener.port);
    const certificate = cf?.tlsClientAuth && forwardedClientCert(cf.tlsClientAuth);
    if (certificate !== undefined) tellCertificate(headers, connection, certificate, claimed);
  }

  get responseHeaders(): CopyOnWriteHeaders {
    this.#responseHeaders ??= new CopyOnWriteHeaders(new Headers(), true);
    return this.#responseHeaders;
  }

  set responseHeaders(headers: CopyOnWriteHeaders) {
    this.#responseBody = this.responseBody;
    this.#passedOn = undefined;
    this.#responseHeaders = headers;
  }

  /** The upstream's body is looked at only when somebody asks: a stream object in JavaScript is not free. */
  get responseBody(): Exchange['responseBody'] {
    if (this.#passedOn === undefined) return this.#responseBody;
    return this.#passedOn.response.body as ReadableStream<Uint8Array> | null;
  }

  set responseBody(body: Exchange['responseBody']) {
    this.#responseBody = body;
    this.#passedOn = undefined;
  }

  /** Makes an upstream's Response the answer. `owned`: its headers are open to changes; else changes do not reach the client. */
  passOn(response: Response, status: number, owned: boolean): void {
    this.status = status;
    this.#responseHeaders = new CopyOnWriteHeaders(response.headers, owned);
    this.#passedOn = { response, status };
  }

  /** The Response that passOn took, unless more than its headers was changed since. */
  get passedOn(): Response | undefined {
    return this.#passedOn?.status === this.status ? this.#passedOn.response : undefined;
  }

  get verified(): Map<string, Claims> {
    this.#verified ??= new Map();
    return this.#verified;
  }

  get metadata(): Map<string, Record<string, unknown>> {
    this.#metadata ??= new Map();
    return this.#metadata;
  }

  waitUntil(promise: Promise<unknown>): void {
    this.#context.waitUntil(promise);
  }
}

/** A trusted hop may have told another one. */
function tellPort(headers: RequestHeaderView, { trustedHops }: ConnectionManager, port: number): void {
  if (trustedHops === 0 || !headers.has('x-forwarded-port')) headers.set('x-forwarded-port', String(port));
}

/** Of a client that has one; what others claim is gone by now. */
function tellCertificate(
  headers: RequestHeaderView,
  { clientCertificate: mode }: ConnectionManager,
  own: string,
  claimed: string | null | undefined,
): void {
  const appended = claimed ? `${claimed},${own}` : own;
  const told = { SANITIZE: null, FORWARD_ONLY: claimed, APPEND_FORWARD: appended, SANITIZE_SET: own };
  const value = mode === 'ALWAYS_FORWARD_ONLY' ? undefined : told[mode];
  if (value) headers.set('x-forwarded-client-cert', value);
}

/** Of what a trusted proxy says only these are schemes, in either case (a real Envoy's :scheme). */
function schemeOf(forwardedProto: string): string | undefined {
  if (forwardedProto === 'http' || forwardedProto === 'https') return forwardedProto;
  const lower = forwardedProto.toLowerCase();
  return lower === 'http' || lower === 'https' ? lower : undefined;
}

function pathStart(url: string, from: number): number {
  const slash = url.indexOf('/', from);
  return slash < 0 ? url.length : slash;
}

/** `[::1]:80` and `a:80` lose their port. */
function withoutPort(authority: string): string {
  const colon = authority.lastIndexOf(':');
  return colon > authority.lastIndexOf(']') ? authority.slice(0, colon) : authority;
}

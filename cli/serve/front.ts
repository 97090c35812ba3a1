/**
 * The TLS front of a port on which SNI chooses among several servers, or client certificates are asked for: workerd's own
 * TLS sockets know neither. It ends TLS and hands each request to a gateway process over a Unix socket of that server.
 */
import { Agent, type IncomingMessage, type OutgoingHttpHeaders, request, type ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { createSecureContext, type SecureContext, type SecureVersion, type TLSSocket } from 'node:tls';
import type { SocketCf } from '../../gateway/bindings.ts';
import { chooseServer } from '../../gateway/listener/sni.ts';
import type { Server } from '../../gateway/snapshot.ts';
import { certificateFor } from './certificates.ts';
import { type ConnectionCheck, cipherList, connectionCheck } from './client-check.ts';
import type { Credentials } from './credentials.ts';
import type { Generation } from './generation.ts';
import { CF_HEADER, frontSocket } from './generation-files.ts';
import { cannotListen, listenWith, type Wanted } from './listen.ts';
import type { PortPlan } from './plan.ts';
import { GRACE_MS } from './workerd.ts';

type FrontPlan = Extract<PortPlan, { kind: 'front' }>;

export interface Front {
  /** Of the listening socket. */
  fd: number;
  /** The local port. */
  port: number;
  /** Sends requests that come from now on to `generation`. */
  serve(plan: FrontPlan, generation: Generation): Promise<void>;
  close(): Promise<void>;
}

/** What the front knows at a time. */
interface Target {
  servers: Server[];
  contexts: SecureContext[];
  checks: ConnectionCheck[];
  generation: Generation;
  agent: Agent;
}

/** As long as Envoy's listener allows a request's headers to be (60 KiB), with room for what we add. */
const MAX_HEADER_BYTES = 96 * 1024;
/** Headers between two neighbours only (RFC 9110, 7.6.1); each hop writes its own. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'te', CF_HEADER]);

/** Throws a CommandError (1) when the address is taken or not ours. */
export async function openFront(wanted: Wanted, credentials: Credentials): Promise<Front> {
  let target: Target | undefined;
  let turn = 0;
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    requestCert: true,
    rejectUnauthorized: false,
    // Without a name the contexts of SNICallback are not asked; the name of nobody gives the server for every host.
    SNICallback: (name, done) => {
      const index = target ? chooseServer(target.servers, name) : -1;
      if (index < 0) done(new Error(`no server for ${name}`));
      else done(null, target!.contexts[index]);
    },
  });
  server.requestTimeout = 0;
  server.on('secureConnection', (socket: TLSSocket) => {
    if (!target || serverOf(target, socket) < 0) socket.destroy();
  });
  server.on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    if (target) forward(incoming, response, target, turn++);
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (target) upgrade(incoming, socket, head, target, turn++);
  });
  const socket = await listenWith(server, wanted).catch((error: Error) => {
    throw cannotListen(wanted, error.message);
  });
  return {
    ...socket,
    serve: async ({ servers }, generation) => {
      const contexts = await Promise.all(servers.map((entry) => contextOf(entry, credentials)));
      const fallback = chooseServer(servers, '');
      const shown = fallback >= 0 ? await contextOptions(servers[fallback]!, credentials) : {};
      server.setSecureContext({ ...shown, ciphers: cipherList(servers) });
      const agent = new Agent({ keepAlive: true, maxSockets: Infinity });
      target = { servers, contexts, checks: servers.map(connectionCheck), generation, agent };
    },
    close: () =>
      new Promise((resolve) => {
        // WebSockets and slow answers may take as long as a draining process may.
        const late = setTimeout(() => server.closeAllConnections(), GRACE_MS);
        server.close(() => {
          clearTimeout(late);
          resolve();
        });
        server.closeIdleConnections();
      }),
  };
}

const VERSIONS: Record<string, SecureVersion> = {
  TLSV1_0: 'TLSv1',
  TLSV1_1: 'TLSv1.1',
  TLSV1_2: 'TLSv1.2',
  TLSV1_3: 'TLSv1.3',
};

async function contextOptions({ tls }: Server, credentials: Credentials): Promise<object> {
  const { certificate, key, clientCa } = await certificateFor(
    tls?.credentialName,
    credentials,
    tls?.caCertCredentialName,
  );
  const minVersion = VERSIONS[tls?.minProtocolVersion ?? ''] ?? 'TLSv1.2';
  const maxVersion = VERSIONS[tls?.maxProtocolVersion ?? ''] ?? 'TLSv1.3';
  return { cert: certificate, key, ca: clientCa, minVersion, maxVersion };
}

async function contextOf(server: Server, credentials: Credentials): Promise<SecureContext> {
  return createSecureContext(await contextOptions(server, credentials));
}

/** The index of the connection's server; -1: there is none, or the client's certificate is not what the server asks for. */
function serverOf(target: Target, socket: TLSSocket): number {
  const index = chooseServer(target.servers, typeof socket.servername === 'string' ? socket.servername : '');
  return target.checks[index]?.(socket, asksFor(target.servers[index], socket)) ? index : -1;
}

/** Whether the server needs the client's certificate: always, or as soon as the client shows one. */
function asksFor(server: Server | undefined, socket: TLSSocket): boolean {
  const mode = server?.tls?.mode;
  if (mode === 'OPTIONAL_MUTUAL') return socket.getPeerX509Certificate() !== undefined;
  return mode === 'MUTUAL' || mode === 'ISTIO_MUTUAL';
}

/** How the request goes on to a process; undefined when no server is meant (the connection is closed then). */
function outgoing(incoming: IncomingMessage, target: Target, turn: number, keep: readonly string[] = []) {
  const socket = incoming.socket as TLSSocket;
  const index = serverOf(target, socket);
  if (index < 0) return undefined;
  const { generation, agent } = target;
  const headers = withoutHopByHop(incoming.rawHeaders, keep);
  headers.push(CF_HEADER, JSON.stringify(cfOf(socket, asksFor(target.servers[index], socket))));
  if (incoming.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked');
  const port = Number(generation.plans.find((plan) => plan.kind === 'front' && plan.servers === target.servers)?.port);
  return request({
    socketPath: generation.socketPath(turn % generation.processes.length, frontSocket(port, index)),
    agent,
    setHost: false,
    method: incoming.method!,
    path: incoming.url!,
    headers: headers as unknown as OutgoingHttpHeaders,
  });
}

function forward(incoming: IncomingMessage, response: ServerResponse, target: Target, turn: number): void {
  const upstream = outgoing(incoming, target, turn);
  if (!upstream) return void incoming.socket.destroy();
  response.sendDate = false;
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode!, answer.statusMessage, withoutHopByHop(answer.rawHeaders) as unknown as []);
    answer.pipe(response);
    answer.on('error', () => response.destroy());
  });
  upstream.on('error', () => (response.headersSent ? response.destroy() : incoming.socket.destroy()));
  response.on('close', () => upstream.destroy());
  incoming.pipe(upstream);
}

function upgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, target: Target, turn: number): void {
  const upstream = outgoing(incoming, target, turn, ['connection']);
  if (!upstream) return void socket.destroy();
  upstream.on('upgrade', (answer, peer, first) => {
    socket.write(headText(answer));
    socket.write(first);
    peer.write(head);
    peer.pipe(socket).pipe(peer);
    peer.on('error', () => socket.destroy());
    socket.on('error', () => peer.destroy());
  });
  upstream.on('response', (answer) => {
    socket.write(headText(answer));
    answer.pipe(socket);
  });
  upstream.on('error', () => socket.destroy());
  upstream.end();
}

function headText(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`];
  for (let i = 0; i < answer.rawHeaders.length; i += 2)
    lines.push(`${answer.rawHeaders[i]}: ${answer.rawHeaders[i + 1]}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

/** Flat name, value, … as Node gives and takes raw headers. */
function withoutHopByHop(raw: readonly string[], keep: readonly string[] = []): string[] {
  const kept: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]!.toLowerCase();
    if (!HOP_BY_HOP.has(name) || keep.includes(name)) kept.push(raw[i]!, raw[i + 1]!);
  }
  return kept;
}

/** The certificate of a client that was not asked for one counts for nothing, as if it had not been sent. */
function cfOf(socket: TLSSocket, asked: boolean): SocketCf {
  const address = socket.remoteAddress ?? '';
  const clientIp = `${address.includes(':') ? `[${address}]` : address}:${socket.remotePort}`;
  const name = typeof socket.servername === 'string' ? { serverName: socket.servername } : {};
  const peer = socket.getPeerX509Certificate();
  if (!peer || !asked) return { clientIp, ...name };
  const certVerified = socket.authorized ? 'SUCCESS' : 'NONE';
  const sha256 = peer.fingerprint256.replaceAll(':', '').toLowerCase();
  return { clientIp, ...name, tlsClientAuth: { certPresented: '1', certVerified, sha256, pem: peer.toString() } };
}

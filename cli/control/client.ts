/** Calls to the control API, with the server and the token from a kubeconfig, or from the environment in CI. */
import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { parse } from 'yaml';
import { CommandError, EXIT } from '../exit.ts';

export interface Connection {
  /** `https://127.0.0.1:8001` */
  server: string;
  token: string;
  /** PEM of the CA; absent: the system's. */
  ca?: string;
}

export interface Answer {
  status: number;
  body: Record<string, unknown>;
  /** Texts of the Warning headers. */
  warnings: string[];
}

interface Entry {
  name: string;
  cluster?: { server?: string; 'certificate-authority'?: string; 'certificate-authority-data'?: string };
  user?: { token?: string; tokenFile?: string };
  context?: { cluster?: string; user?: string };
}
interface KubeConfig {
  'current-context'?: string;
  clusters?: Entry[];
  users?: Entry[];
  contexts?: Entry[];
}

/**
 * BOWSPRIT_SERVER with BOWSPRIT_TOKEN (and BOWSPRIT_CA, a file), else the context of the kubeconfig: `file`, $KUBECONFIG, what
 * `serve` wrote, ~/.kube/config. Throws a CommandError.
 */
export function connectionFrom(file: string | undefined, env: NodeJS.ProcessEnv = process.env): Connection {
  const { BOWSPRIT_SERVER: server, BOWSPRIT_TOKEN: token, BOWSPRIT_CA: ca } = env;
  if (!file && server && token) return { server, token, ...(ca && { ca: readFileSync(ca, 'utf8') }) };
  const known = [env.KUBECONFIG, '.bowsprit/kubeconfig', join(homedir(), '.kube', 'config')];
  const path = file ?? known.find((candidate) => candidate && existsSync(candidate));
  if (!path || !existsSync(path)) throw new CommandError('no kubeconfig; name one with --kubeconfig', EXIT.usage);
  return connectionOf(parse(readFileSync(path, 'utf8')) as KubeConfig, path);
}

function connectionOf(config: KubeConfig, path: string): Connection {
  const named = (list: Entry[] | undefined, name: string | undefined) => list?.find((entry) => entry.name === name);
  const context = named(config.contexts, config['current-context'])?.context;
  const cluster = named(config.clusters, context?.cluster)?.cluster;
  const user = named(config.users, context?.user)?.user;
  const token = user?.token ?? (user?.tokenFile && readFileSync(user.tokenFile, 'utf8').trim());
  if (!cluster?.server || !token) throw new CommandError(`${path}: its context has no server or no token`, EXIT.usage);
  const data = cluster['certificate-authority-data'];
  const file = cluster['certificate-authority'];
  const ca = data ? Buffer.from(data, 'base64').toString() : file && readFileSync(file, 'utf8');
  return { server: cluster.server, token, ...(ca && { ca }) };
}

/** Longer than any apply takes, with a hundred thousand objects too. */
const ANSWER_MS = 120_000;

export class ControlClient {
  readonly #connection: Connection;
  /** A handshake for each of ten thousand objects would take longer than applying them. */
  readonly #agent = new Agent({ keepAlive: true });

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** The answer whatever its status. Rejects with a CommandError when nobody answers. */
  ask(method: string, path: string, body?: unknown, contentType = 'application/json'): Promise<Answer> {
    const { server, token, ca } = this.#connection;
    const text = body === undefined ? undefined : JSON.stringify(body);
    const headers = {
      authorization: `Bearer ${token}`,
      'user-agent': 'bowsprit',
      ...(text !== undefined && { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(new CommandError(`${server}: ${error.message}`, EXIT.failed));
      const options = { agent: this.#agent, method, headers, timeout: ANSWER_MS, ...(ca && { ca }) };
      const outgoing = request(`${server.replace(/\/$/, '')}${path}`, options, (answer) => {
        // A server that dies in the middle of an answer ends no stream: only reading to the end or an error tells.
        answerOf(answer).then(resolve, failed);
      });
      outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within ${ANSWER_MS / 1000} s`)));
      outgoing.on('error', (error: NodeJS.ErrnoException) => {
        // The server may close a kept connection in the moment when we use it; what may be done twice is asked once more.
        const isStale = outgoing.reusedSocket && error.code === 'ECONNRESET' && method !== 'POST';
        if (isStale) resolve(this.ask(method, path, body, contentType));
        else failed(error);
      });
      outgoing.end(text);
    });
  }

  /** The answer's body. Rejects with what the server said when it is not a success. */
  async call(method: string, path: string, body?: unknown, contentType?: string): Promise<Answer['body']> {
    const answer = await this.ask(method, path, body, contentType);
    if (answer.status < 300) return answer.body;
    throw new CommandError(messageOf(answer), EXIT.failed);
  }
}

async function answerOf(answer: IncomingMessage): Promise<Answer> {
  const body = parsed(await textOf(answer));
  return { status: answer.statusCode ?? 0, body, warnings: warningsOf(answer.headers.warning) };
}

/** What a Kubernetes Status says, or the bare status. */
export function messageOf({ status, body }: Answer): string {
  return typeof body.message === 'string' ? body.message : `the server answered ${status}`;
}

/** `299 - "text", 299 - "text"` */
function warningsOf(header: string | undefined): string[] {
  return [...(header ?? '').matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, quoted]) => JSON.parse(quoted!) as string);
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

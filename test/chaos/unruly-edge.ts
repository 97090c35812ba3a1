/** A workerd with our gateway before two unruly upstreams and a third for mirrors: what the tests here share. */
import http from 'node:http';
import type { Cluster, ForwardAction, RetryPolicy, Route } from '../../gateway/snapshot.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';
import { Unruly } from './unruly.ts';

export const retry = (attempts: number, retryOn: string[], parts: Partial<RetryPolicy> = {}): RetryPolicy => ({
  attempts,
  retryOn,
  retriableStatusCodes: [],
  ignorePreviousHosts: true,
  backoffMs: 25,
  ...parts,
});
/** What Istio gives a route without `retries`. */
export const ISTIO_DEFAULT = retry(2, ['connect-failure', 'refused-stream', 'unavailable', 'cancelled']);
export const EVERYTHING = retry(5, ['5xx']);

export function route(path: string, cluster: string, action: Partial<ForwardAction> = {}): Route {
  const plain = forwardTo(cluster);
  return {
    ...plain,
    match: { path: { kind: 'prefix', value: path } },
    action: { ...plain.action, ...action } as ForwardAction,
  };
}

export interface Answer {
  /** 0: the connection broke before the answer was whole. */
  status: number;
  body: string;
  headers: http.IncomingHttpHeaders;
}

export const statusesOf = (answers: Answer[]) => [...new Set(answers.map(({ status }) => status))].sort();

export class UnrulyEdge {
  /** The one that misbehaves. */
  readonly bad: Unruly;
  readonly good: Unruly;
  readonly shadow: Unruly;
  #edge: Edge | undefined;
  readonly #agent = new http.Agent({ keepAlive: false });

  private constructor(bad: Unruly, good: Unruly, shadow: Unruly) {
    this.bad = bad;
    this.good = good;
    this.shadow = shadow;
  }

  static async start(configure: (edge: UnrulyEdge) => { clusters: Cluster[]; routes: Route[] }): Promise<UnrulyEdge> {
    const [bad, good, shadow] = await Promise.all([Unruly.start(), Unruly.start(), Unruly.start()]);
    const edge = new UnrulyEdge(bad, good, shadow);
    const { clusters, routes } = configure(edge);
    // The longest prefix first: the first that matches wins.
    routes.sort((a, b) => b.match.path!.value.length - a.match.path!.value.length);
    edge.#edge = await startEdge(snapshotOf([virtualHostOf('*', routes)], clusters));
    return edge;
  }

  /** A cluster of the bad one and the good one, in turn. */
  pair(name: string, parts: Partial<Cluster> = {}): Cluster {
    return {
      ...clusterOf(name, [this.bad.port, this.good.port]),
      loadBalancer: { policy: 'ROUND_ROBIN' },
      ...parts,
    };
  }

  get port(): number {
    return this.#edge!.port(80);
  }

  forget(): void {
    for (const upstream of [this.bad, this.good, this.shadow]) upstream.forget();
  }

  async stop(): Promise<void> {
    await this.#edge?.stop();
    for (const upstream of [this.bad, this.good, this.shadow]) upstream.close();
  }

  /** A body is sent with its length; as an array in chunks. */
  send(path: string, body?: string | string[]): Promise<Answer> {
    return new Promise((resolve) => {
      const lost: Answer = { status: 0, body: '', headers: {} };
      const headers = typeof body === 'string' ? { 'content-length': Buffer.byteLength(body) } : {};
      const method = body === undefined ? 'GET' : 'POST';
      const options = { host: '127.0.0.1', port: this.port, path, method, headers, agent: this.#agent };
      const request = http.request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => {
          text += chunk;
        });
        answer.on('error', () => resolve(lost));
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text, headers: answer.headers }));
      });
      request.on('error', () => resolve(lost));
      for (const part of [body ?? []].flat()) request.write(part);
      request.end();
    });
  }

  many(times: number, path: string, body?: string | string[]): Promise<Answer[]> {
    return Promise.all(Array.from({ length: times }, () => this.send(path, body)));
  }

  /** While the bad one refuses every connection. */
  async refusing(run: () => Promise<void>): Promise<void> {
    this.bad.close();
    try {
      await run();
    } finally {
      await this.bad.open();
    }
  }
}

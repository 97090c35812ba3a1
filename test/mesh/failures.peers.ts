/**
 * Upstreams that refuse, break off, time out or talk nonsense: status, text, flags and how much of the answer arrives, and how
 * often the upstream is asked, at the edge and in an Envoy with the same routes.
 */
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import type { ForwardAction, HeaderOperations } from '../../gateway/snapshot.ts';
import { type Silent, startSilent } from '../chaos/silent.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';
import { SCRIPTS, type ScriptedServer, startScripted } from './scripted.ts';

const TIMEOUT_MS = 1500;
const CONNECT_TIMEOUT_MS = 300;
/** Paths by what is tried again: nothing, Istio's default, everything. */
const RETRIES: Record<string, string[]> = {
  once: [],
  default: ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', 'retriable-status-codes'],
  again: ['5xx'],
};

const LOST = 'upstream connect error or disconnect/reset before headers.';
const termination = (how: string) => `503 whole ${LOST} ${how}: connection termination`;
const protocol = (how: string) => `502 whole ${LOST} ${how}: protocol error`;

/**
 * The runtime does not say that an answer was malformed, only that the connection is lost; and it lets through some of what
 * Envoy refuses. What is different: here, in Envoy; `how` is what the text says of retries.
 */
const nonsense = (how: string): [string, string] => [termination(how), protocol(how)];
const DIFFERENT: Record<string, (how: string) => [ours: string, theirs: string]> = {
  garbage: nonsense,
  'bad-status': nonsense,
  'bad-header': nonsense,
  'bad-name': nonsense,
  'nul-value': nonsense,
  'part-of-head': nonsense,
  'part-of-head-reset': nonsense,
  'bad-length': nonsense,
  'two-lengths': nonsense,
  'bad-version': (how) => [termination(how), '200 whole '],
  'many-headers': (how) => ['200 whole ', protocol(how)],
  'length-and-chunked': (how) => ['200 whole four', protocol(how)],
  'odd-encoding': (how) => ['200 whole four', protocol(how)],
  'no-content-with-length': (how) => ['204 whole ', protocol(how)],
  'switch-unasked': (how) => [protocol(how), '101 whole '],
  'bad-chunk': () => ['200 part part', '200 part '],
};

let upstream: ScriptedServer;
let silent: Silent;
let envoy: RunningEnvoy;
let envoyPort: number;
let edge: Edge;

before(async () => {
  [upstream, silent] = await Promise.all([startScripted(), startSilent()]);
  const ports = { scripted: upstream.port, dead: await freePort(), silent: silent.port };
  const clusters = Object.entries(ports);
  const routes = clusters.flatMap(([cluster]) =>
    Object.entries(RETRIES).map(([name, retryOn]) => ({ cluster, prefix: `/${cluster}/${name}/`, retryOn })),
  );
  envoyPort = await freePort();
  envoy = await startEnvoy({
    listeners: [httpListener(envoyPort, routes.map(theirRoute))],
    clusters: clusters.map(([name, port]) =>
      staticCluster(name, [{ port }], { connect_timeout: `${CONNECT_TIMEOUT_MS / 1000}s` }),
    ),
  });
  edge = await startEdge(
    snapshotOf(
      [virtualHostOf('*', routes.map(ourRoute))],
      clusters.map(([name, port]) => ({ ...clusterOf(name, [port]), connectTimeoutMs: CONNECT_TIMEOUT_MS })),
    ),
  );
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  upstream?.stop();
  silent?.stop();
});

interface Route {
  cluster: string;
  prefix: string;
  retryOn: string[];
}

/** On every answer, in a header. */
const WHY = '%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%';

const theirRoute = ({ cluster, prefix, retryOn }: Route) => ({
  match: { prefix },
  response_headers_to_add: [{ header: { key: 'x-why', value: WHY } }],
  route: {
    cluster,
    timeout: `${TIMEOUT_MS / 1000}s`,
    ...(retryOn.length > 0 && { retry_policy: { retry_on: retryOn.join(), num_retries: 1 } }),
  },
});

function ourRoute({ cluster, prefix, retryOn }: Route) {
  const route = forwardTo(cluster, { match: { path: { kind: 'prefix', value: prefix } } });
  const retry = { attempts: 1, retryOn, retriableStatusCodes: [], ignorePreviousHosts: false, backoffMs: 25 };
  const action = { ...(route.action as ForwardAction), timeoutMs: TIMEOUT_MS };
  const headers: HeaderOperations = { response: { set: [['x-why', WHY]] } };
  return { ...route, headers, action: retryOn.length > 0 ? { ...action, retry } : action };
}

interface Seen {
  /** `<status> whole <body>`, or `part` when the answer broke off. */
  answer: string;
  /** Flags and details. */
  why?: unknown;
}

function send(port: number, path: string, body?: string): Promise<Seen> {
  const { promise, resolve } = Promise.withResolvers<Seen>();
  const method = body === undefined ? 'GET' : 'POST';
  const sent = request({ host: '127.0.0.1', port, path, method, agent: false }, (answer) => {
    let text = '';
    answer.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
    });
    answer.on('error', () => {});
    answer.on('close', () =>
      resolve({
        answer: `${answer.statusCode} ${answer.complete ? 'whole' : 'part'} ${text}`,
        why: answer.headers['x-why'],
      }),
    );
  });
  sent.on('error', (error) => resolve({ answer: String(error) }));
  sent.setTimeout(5000, () => sent.destroy(new Error('no answer')));
  sent.end(body);
  return promise;
}

/** What a client sees, and how often the upstream was asked. */
async function outcome(port: number, path: string, body?: string): Promise<[seen: Seen, asked: number]> {
  const url = `${path}?${port}-${body ?? ''}`;
  const seen = await send(port, url, body);
  return [seen, upstream.arrived.get(url) ?? 0];
}

describe('answers that are none', { concurrency: 8 }, () => {
  for (const script of Object.keys(SCRIPTS))
    for (const name of Object.keys(RETRIES))
      test(`${script}, ${name}`, async () => {
        const path = `/scripted/${name}/${script}`;
        for (const body of [undefined, 'body']) {
          const theirs = await outcome(envoyPort, path, body);
          const ours = await outcome(edge.port(80), path, body);
          const different = DIFFERENT[script]?.(
            name === 'again' ? 'retried and the latest reset reason' : 'reset reason',
          );
          if (different) assert.deepEqual([ours[0].answer, theirs[0].answer], different);
          else assert.deepEqual(ours, theirs);
        }
      });
});

describe('no connection', { concurrency: 8 }, () => {
  for (const cluster of ['dead', 'silent'])
    for (const name of Object.keys(RETRIES))
      test(`${cluster}, ${name}`, async () => {
        const path = `/${cluster}/${name}/`;
        for (const body of [undefined, 'body'])
          assert.deepEqual(await send(edge.port(80), path, body), await send(envoyPort, path, body));
      });
});

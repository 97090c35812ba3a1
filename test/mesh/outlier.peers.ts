/** Ejection and return under the same script: a real Envoy and our gateway beside it, same endpoints, same settings. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { OutlierDetection } from '../../gateway/snapshot.ts';
import { type Edge, startEdge } from '../support/edge.ts';
import { httpListener, type RunningEnvoy, startEnvoy, staticCluster } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';
import { ask, type Endpoints, startEndpoints } from './endpoints.ts';

const INTERVAL = 400;
const BASE = 800;

/** Names are the paths; the last part of each is Envoy's form of the same settings. */
const settings: Record<string, Partial<OutlierDetection>> = {
  strict: { consecutive5xx: 2, maxEjectionPercent: 10 },
  half: { consecutive5xx: 2, maxEjectionPercent: 50 },
  all: { consecutive5xx: 2, maxEjectionPercent: 100 },
  gateway: { consecutiveGatewayFailure: 2, maxEjectionPercent: 100 },
  local: { consecutiveLocalOriginFailure: 2, splitExternalLocalOriginErrors: true, maxEjectionPercent: 100 },
  'one-local': { consecutiveLocalOriginFailure: 1, splitExternalLocalOriginErrors: true, maxEjectionPercent: 100 },
  refused: { consecutiveLocalOriginFailure: 2, splitExternalLocalOriginErrors: true, maxEjectionPercent: 100 },
  'refused-as-5xx': { consecutive5xx: 2, maxEjectionPercent: 100 },
  codes: { consecutive5xx: 2, maxEjectionPercent: 100, errorCodes: [429] },
  panic: { consecutive5xx: 2, maxEjectionPercent: 100, minHealthPercent: 50 },
  back: { consecutive5xx: 2, maxEjectionPercent: 50 },
};

let endpoints: Endpoints;
let ports: number[];
/** Nobody listens there; an endpoint of the clusters that are named after it. */
let dead: number;
let envoy: RunningEnvoy;
let edge: Edge;
let envoyPort: number;

const portsOf = (name: string) => (name.startsWith('refused') ? [...ports, dead] : ports);
/** How Envoy is told which statuses are errors. */
const errorMatcher = (codes: number[]) => ({
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
      explicit_http_config: { http_protocol_options: {} },
      outlier_detection: {
        error_matcher: {
          http_response_headers_match: {
            headers: codes.map((code) => ({ name: ':status', string_match: { exact: String(code) } })),
          },
        },
      },
    },
  },
});
const seconds = (ms: number) => `${ms / 1000}s`;

function envoyCluster(name: string, config: Partial<OutlierDetection>): unknown {
  const enforced = (value: number | undefined) => (value === undefined ? 0 : 100);
  return staticCluster(
    name,
    portsOf(name).map((port) => ({ port })),
    {
      lb_policy: 'ROUND_ROBIN',
      // Without the window for merging updates, which only blurs when its workers hear of an ejection.
      common_lb_config: {
        healthy_panic_threshold: { value: config.minHealthPercent ?? 0 },
        update_merge_window: '0s',
      },
      outlier_detection: {
        interval: seconds(INTERVAL),
        base_ejection_time: seconds(BASE),
        max_ejection_percent: config.maxEjectionPercent,
        consecutive_5xx: config.consecutive5xx ?? 5,
        enforcing_consecutive_5xx: enforced(config.consecutive5xx),
        consecutive_gateway_failure: config.consecutiveGatewayFailure ?? 5,
        enforcing_consecutive_gateway_failure: enforced(config.consecutiveGatewayFailure),
        split_external_local_origin_errors: config.splitExternalLocalOriginErrors ?? false,
        consecutive_local_origin_failure: config.consecutiveLocalOriginFailure ?? 5,
        enforcing_consecutive_local_origin_failure: enforced(config.consecutiveLocalOriginFailure),
        enforcing_success_rate: 0,
        enforcing_local_origin_success_rate: 0,
      },
      ...(config.errorCodes && errorMatcher(config.errorCodes)),
    },
  );
}

before(async () => {
  endpoints = await startEndpoints(3);
  ports = endpoints.ports;
  [envoyPort, dead] = [await freePort(), await freePort()];
  const names = Object.keys(settings);
  const routes = names.map((name) => ({ match: { prefix: `/${name}` }, route: { cluster: name } }));
  const clusters = names.map((name) => envoyCluster(name, settings[name]!));
  envoy = await startEnvoy({ listeners: [httpListener(envoyPort, routes)], clusters });
  edge = await startEdge(
    snapshotOf(
      [
        virtualHostOf(
          '*',
          names.map((name) => forwardTo(name, { match: { path: { kind: 'prefix', value: `/${name}` } } })),
        ),
      ],
      names.map((name) => ({
        ...clusterOf(name, portsOf(name)),
        loadBalancer: { policy: 'ROUND_ROBIN' as const },
        outlierDetection: {
          splitExternalLocalOriginErrors: false,
          intervalMs: INTERVAL,
          baseEjectionTimeMs: BASE,
          maxEjectionPercent: 10,
          minHealthPercent: 0,
          ...settings[name],
        },
      })),
    ),
  );
});

after(async () => {
  envoy?.stop();
  await edge?.stop();
  endpoints?.close();
});

/** `200@21001`, or `503` when the gateway itself answered. */
async function send(port: number, path: string, fail: string): Promise<string> {
  const { status, body } = await ask(port, path, { 'x-fail': fail });
  return /^\d+$/.test(body) ? `${status}@${body}` : `${status}`;
}

/** Who answers, of twelve requests unless told otherwise: names of endpoints as letters, so that both sides' ports read alike. */
async function answering(port: number, path: string, times = 12): Promise<string> {
  const seen = new Set<string>();
  for (let i = 0; i < times; i++) seen.add(await send(port, path, ''));
  return [...seen]
    .map((answer) => answer.replace(/@(\d+)/, (_, found) => `@${'abc'[ports.indexOf(Number(found))]}`))
    .sort()
    .join();
}

/** Until so many answers of the failing kind came, or twenty requests. */
async function failing(port: number, path: string, fails: Record<number, string>, times = 12): Promise<void> {
  const header = Object.entries(fails)
    .map(([index, mood]) => `${ports[Number(index)]}=${mood}`)
    .join();
  for (let i = 0; i < times; i++) {
    await send(port, path, header);
    // Envoy's main thread ejects, its workers hear of it a moment later.
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const everybody = { 0: '500', 1: '500', 2: '500' };

/** What fails before each look, and at which path. Who fails is the same on both sides, so who is left must be. */
const scripts: [name: string, path: string, fails: Record<number, string>][] = [
  ['10 % of three is nobody', '/strict', { 0: '500' }],
  ['one of three fails', '/half', { 0: '500' }],
  ['all fail and all may be ejected', '/all', everybody],
  ['a 500 is no gateway error', '/gateway', { 0: '500', 1: '503' }],
  ['a reset is a local error, a 503 is not', '/local', { 0: '503', 1: 'reset' }],
  ['one reset is enough where one is asked for', '/one-local', { 0: '503', 1: 'reset' }],
  ['refused connections in a row are local errors', '/refused', {}],
  ['refused connections count as 503 otherwise', '/refused-as-5xx', {}],
  ['named statuses count in place of 5xx', '/codes', { 0: '429', 1: '500' }],
  ['too few healthy ones: panic', '/panic', { 0: '500', 1: '500' }],
];

for (const [name, path, fails] of scripts) {
  test(name, async () => {
    const run = async (port: number) => {
      await failing(port, path, fails);
      return answering(port, path);
    };
    assert.equal(await run(edge.port(80)), await run(envoyPort));
  });
}

/** Milliseconds from the ejection of the first endpoint to its first answer. */
async function returnTime(port: number): Promise<number> {
  // Few requests: a quiet interval between a return and the next ejection would already shorten that.
  await failing(port, '/back', { 0: '500' }, 6);
  assert.equal(await answering(port, '/back'), '200@b,200@c');
  const ejected = performance.now();
  while (!(await answering(port, '/back', 3)).includes('@a')) await new Promise((resolve) => setTimeout(resolve, 10));
  return performance.now() - ejected;
}

test('an ejected endpoint comes back at a tick after its time, after twice the time the second time, and quiet intervals shorten it again', async () => {
  const thrice = async (port: number) => {
    const times = [await returnTime(port), await returnTime(port)];
    for (let tick = 0; tick < 4; tick++) {
      await new Promise((resolve) => setTimeout(resolve, INTERVAL));
      await send(port, '/back', '');
    }
    return [...times, await returnTime(port)];
  };
  const [ours, theirs] = await Promise.all([thrice(edge.port(80)), thrice(envoyPort)]);
  for (const [times, side] of [
    [ours, 'ours'],
    [theirs, 'Envoy'],
  ] as const) {
    for (const [i, time] of times.entries()) {
      const least = BASE * (i === 1 ? 2 : 1);
      const slack = INTERVAL + 150;
      assert.ok(time > least - 150 && time < least + slack, `${side}: return ${i + 1} after ${Math.round(time)} ms`);
    }
  }
});

/** The short kind at a running gateway: every way to count, what operators see of it, and `check` writing it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { parse } from 'yaml';
import { freePort } from '../support/free-port.ts';
import { type Issuer, startIssuer } from '../support/issuer.ts';
import { GATEWAY, localEndpoint, serviceEntry } from '../support/resources.ts';
import { casesOf } from './cases.ts';
import { configOf } from './envoy-case.ts';
import { startGateway, type TestGateway } from './gateway.ts';

const folder = mkdtempSync(join(tmpdir(), 'short-kind-'));
after(() => rmSync(folder, { recursive: true }));

const config = (
  backend: number,
  issuer: number,
): string => `${GATEWAY}${serviceEntry('backend', [localEndpoint(backend)])}apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs}
spec:
  hosts: ["*"]
  gateways: [gw]
  http: [{route: [{destination: {host: backend.example.com}}]}]
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: {name: tokens, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  jwtRules: [{issuer: us, jwksUri: "http://127.0.0.1:${issuer}/keys"}]
---
apiVersion: bowsprit.dev/v1alpha1
kind: RateLimit
metadata: {name: plans, namespace: istio-system}
spec:
  selector: {matchLabels: {istio: ingressgateway}}
  failureMode: Deny
  responseHeaders: true
  limits:
  - {requests: 2, unit: day, by: [{header: x-plan, value: FREE}, {header: x-account}]}
  - {requests: 4, unit: day, by: [{header: x-plan, value: PREMIUM}, {header: x-account}]}
  - {requests: 3, unit: day, by: [{claim: sub}]}
  - {requests: 1, unit: day, by: [{path: {prefix: /once}}]}
  - {requests: 2, unit: day, by: [{path: {exact: /near}}, {clientAddress: {ipv4PrefixLength: 24}}]}
  - {requests: 1, unit: day, by: [{path: {regex: "/shadow/.*"}}], shadow: true}
`;

describe('the short kind', { timeout: 60_000 }, () => {
  let gateway: TestGateway;
  let issuer: Issuer;
  let control = 0;
  const kubeconfig = join(folder, 'kubeconfig');
  before(async () => {
    [issuer, control] = [await startIssuer(), await freePort()];
    const args = ['--control', `127.0.0.1:${control}`, '--kubeconfig', kubeconfig];
    gateway = await startGateway((port) => ({ config: config(port, issuer.port), mesh: '{}' }), { args });
  });
  after(async () => {
    await gateway?.stop();
    issuer?.stop();
  });

  /** Statuses of so many requests. */
  async function statuses(count: number, headers: Record<string, string>, path = '/', source = '127.0.0.1') {
    const found = [];
    for (let index = 0; index < count; index++) found.push((await gateway.send({ path, headers, source })).status);
    return found;
  }

  it('counts by headers, each value for itself', async () => {
    const account = (plan: string, id: string) => ({ 'x-plan': plan, 'x-account': id });
    assert.deepEqual(await statuses(3, account('FREE', 'a')), [200, 200, 429]);
    assert.deepEqual(await statuses(5, account('PREMIUM', 'a')), [200, 200, 200, 200, 429]);
    assert.deepEqual(await statuses(1, account('FREE', 'b')), [200]);
    assert.deepEqual(await statuses(5, { 'x-plan': 'FREE' }), [200, 200, 200, 200, 200]);
    assert.deepEqual(await statuses(5, account('OTHER', 'a')), [200, 200, 200, 200, 200]);
  });

  it('counts by a claim of the verified token', async () => {
    const bearer = async (sub: string) => ({ authorization: `Bearer ${await issuer.token({ iss: 'us', sub })}` });
    assert.deepEqual(await statuses(4, await bearer('anna')), [200, 200, 200, 429]);
    assert.deepEqual(await statuses(1, await bearer('bert')), [200]);
  });

  it('counts by paths and by the client address', async () => {
    assert.deepEqual([...(await statuses(2, {}, '/once')), ...(await statuses(1, {}, '/once/more'))], [200, 429, 429]);
    const near = await Promise.all([0, 1].map(() => statuses(1, {}, '/near?x=1', '127.0.0.5')));
    assert.deepEqual(near.flat(), [200, 200]);
    assert.deepEqual(await statuses(1, {}, '/near', '127.0.0.77'), [429]);
    assert.deepEqual(await statuses(1, {}, '/near', '127.0.1.5'), [200]);
    assert.deepEqual(await statuses(3, {}, '/shadow/a'), [200, 200, 200]);
  });

  it('says how much is left', async () => {
    const { headers } = await gateway.send({ path: '/', headers: { 'x-plan': 'FREE', 'x-account': 'left' } });
    assert.equal(headers['x-ratelimit-limit'], '2, 2;w=86400');
    assert.equal(headers['x-ratelimit-remaining'], '1');
  });

  it("shows each limit's metrics in the rate-limit service's names", async () => {
    const text = await (await fetch(`http://127.0.0.1:${gateway.admin}/stats/prometheus`)).text();
    const metric = (name: string, key2: string) => {
      const lines = text.split('\n').filter((line) => line.startsWith(`ratelimit_service_rate_limit_${name}{`));
      return Number(
        lines
          .find((line) => line.includes(`key2="${key2}"`))
          ?.split(' ')
          .at(-1),
      );
    };
    const names = text.split('\n').flatMap((line) => /key2="([^"]*FREE)"/.exec(line)?.[1] ?? []);
    const key2 = names[0] ?? '';
    assert.equal(metric('total_hits', key2), 5);
    assert.equal(metric('over_limit', key2), 1);
    assert.equal(metric('within_limit', key2), 4);
    assert.equal(metric('near_limit', key2), 1);
    assert.match(text, /^ratelimit_service_rate_limit_shadow_mode\{[^}]*\} 2$/m);
  });

  it('shows operators the highest counters and sets one back, in the audit log', async () => {
    const top = (await api('GET', '/bowsprit/v1/counters?most=2')) as { items: { name: string; count: number }[] };
    assert.deepEqual(
      top.items.map(({ count }) => count),
      [5, 4],
    );
    const all = (await api('GET', '/bowsprit/v1/counters')) as typeof top;
    const name = all.items.find((each) => /FREE_.*_a_$/.test(each.name))?.name ?? '';
    const gone = (await api('DELETE', `/bowsprit/v1/counters?name=${encodeURIComponent(name)}`)) as typeof top;
    assert.deepEqual(
      gone.items.map(({ count }) => count),
      [3],
    );
    assert.ok(!Object.entries(await gateway.counters()).some(([key, count]) => key.startsWith(name) && count > 0));
    const audit = JSON.stringify(await api('GET', '/bowsprit/v1/audit'));
    assert.ok(audit.includes(name) && audit.includes('delete'), audit.slice(0, 500));
  });

  /** One call with the administrator's token of the kubeconfig. */
  function api(method: string, path: string): Promise<unknown> {
    const kube = parse(readFileSync(kubeconfig, 'utf8')) as {
      clusters: { cluster: { 'certificate-authority-data': string } }[];
      users: { user: { token: string } }[];
    };
    const ca = Buffer.from(kube.clusters[0]?.cluster['certificate-authority-data'] ?? '', 'base64');
    const headers = { authorization: `Bearer ${kube.users[0]?.user.token}` };
    return new Promise((resolve, reject) => {
      const sent = request({ host: '127.0.0.1', port: control, path, method, ca, headers, agent: false }, (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => resolve(JSON.parse(text)));
        answer.on('error', reject);
        answer.on('aborted', () => reject(new Error('aborted')));
      });
      sent.on('error', reject);
      sent.end();
    });
  }
});

it('is what check makes of EnvoyFilters', () => {
  const content = casesOf('envoy').find(({ file }) => file.includes('guestbook-minute'))?.content;
  assert.ok(content);
  const file = join(folder, 'filters.yaml');
  writeFileSync(file, configOf(content, 9));
  const { stdout } = spawnSync(process.execPath, ['cli/main.ts', 'check', '-f', file], { encoding: 'utf8' });
  assert.match(stdout, /kind: RateLimit/);
  assert.match(stdout, /requests: 10\n\s+unit: minute\n\s+by:\n\s+- header: /);
});

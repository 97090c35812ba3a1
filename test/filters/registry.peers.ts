/** Push and pull against a real registry, with a login. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ControlClient, connectionFrom } from '../../cli/control/client.ts';
import { pull } from '../../control-api/modules/fetch.ts';
import { startServed } from '../control/served.ts';
import { type Registry, startRegistry } from './registry.ts';
import { gatewayOn, pluginOn, serveFilters } from './served.ts';

let registry: Registry;
before(async () => {
  registry = await startRegistry();
});
after(() => registry.stop());

test('a new filter is pushed with a login, pulled back, and named by its digest', async () => {
  registry.bowsprit(['filter', 'new', 'pushed']);
  const image = `oci://${registry.host}/team/pushed:1.0`;
  const out = registry.bowsprit(
    ['filter', 'push', image, 'pushed', '-u', 'author', '--password-stdin'],
    `${registry.password}\n`,
  );
  const [url] = /oci:\/\/\S+@sha256:[0-9a-f]{64}/.exec(out) ?? [''];
  assert.ok(url, out);
  const bytes = await pull(url, { username: 'author', password: registry.password });
  assert.deepEqual(Buffer.from(bytes), readFileSync(join(registry.folder, 'pushed/build/pushed.wasm')));
  assert.match(readFileSync(join(registry.folder, 'pushed/build/wasmplugin.yaml'), 'utf8'), new RegExp(`url: ${url}`));
});

test('a wrong password is said, not swallowed', () => {
  const image = `oci://${registry.host}/team/pushed:1.0`;
  assert.throws(
    () => registry.bowsprit(['filter', 'push', image, 'pushed', '-u', 'author', '--password-stdin'], 'wrong'),
    /401/,
  );
});

function push(to: string): string {
  return registry.bowsprit(
    ['filter', 'push', to, 'pushed', '-u', registry.username, '--password-stdin'],
    registry.password,
  );
}

const image = () => `oci://${registry.host}/team/pushed:1.0`;
/** As `kubectl create secret docker-registry pull` makes it. */
function pullSecret(password: string): object {
  const auth = Buffer.from(`${registry.username}:${password}`).toString('base64');
  const text = JSON.stringify({ auths: { [registry.host]: { auth } } });
  const data = { '.dockerconfigjson': Buffer.from(text).toString('base64') };
  const metadata = { name: 'pull', namespace: 'istio-system' };
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson', metadata, data };
}
const plugin = (spec: object = {}) => pluginOn(undefined, 'pushed', { url: image(), imagePullSecret: 'pull', ...spec });

/** What `docker login` has left on this machine must not help. */
const nobody = () => ({ DOCKER_CONFIG: join(registry.folder, 'nobody') });

test('serve pulls with the imagePullSecret of its files, and says what a wrong one does', async () => {
  for (const [password, status] of [
    [registry.password, 200],
    ['wrong', 503],
  ] as const) {
    const served = await serveFilters([80], () => [...gatewayOn([80]), pullSecret(password), plugin()], {
      env: nobody(),
    });
    try {
      const answer = await fetch(`http://127.0.0.1:${served.port(80)}/`);
      assert.equal(answer.status, status);
      assert.equal(answer.headers.has('x-pushed'), status === 200);
      if (status === 503) assert.match(served.log(), /BSP0502.*could not be fetched:.*401/);
    } finally {
      await served.stop();
    }
  }
});

test('a tag that moves is pulled again with imagePullPolicy Always, and not with IfNotPresent', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  const env = { ...nobody(), BOWSPRIT_CACHE: cache };
  const greeted = async (imagePullPolicy: string) => {
    const configured = plugin({ imagePullPolicy, pluginConfig: { greeting: 'hi' } });
    const served = await serveFilters([80], () => [...gatewayOn([80]), pullSecret(registry.password), configured], {
      env,
    });
    try {
      return (await fetch(`http://127.0.0.1:${served.port(80)}/moved`)).headers.get('x-pushed');
    } finally {
      await served.stop();
    }
  };
  try {
    assert.equal(await greeted('IfNotPresent'), 'hi');
    const source = join(registry.folder, 'pushed/assembly/index.ts');
    writeFileSync(
      source,
      readFileSync(source, 'utf8').replaceAll('"x-pushed", this.plugin.greeting', '"x-pushed", "moved"'),
    );
    push(image());
    assert.equal(await greeted('IfNotPresent'), 'hi');
    assert.equal(await greeted('Always'), 'moved');
  } finally {
    rmSync(cache, { recursive: true });
  }
});

test('serve --control pulls with the Secret that was applied', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'cache-'));
  Object.assign(process.env, nobody(), { BOWSPRIT_CACHE: cache });
  const served = await startServed();
  try {
    const client = new ControlClient(connectionFrom(served.kubeconfig));
    const [gateway, virtualService] = gatewayOn([80]);
    const networking = '/apis/networking.istio.io/v1/namespaces/istio-system';
    await client.call('POST', `${networking}/gateways`, gateway);
    await client.call('POST', `${networking}/virtualservices`, virtualService);
    await client.call('POST', '/api/v1/namespaces/istio-system/secrets', pullSecret(registry.password));
    await client.call('POST', '/apis/extensions.istio.io/v1alpha1/namespaces/istio-system/wasmplugins', plugin());
    await served.until('any.example', '/pushed', 200);
    for (const end = Date.now() + 10_000; Date.now() < end; ) {
      const answer = await fetch(`http://127.0.0.1:${served.http}/`);
      await answer.body?.cancel();
      if (answer.headers.has('x-pushed')) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    assert.fail(served.log());
  } finally {
    await served.stop();
    rmSync(cache, { recursive: true });
  }
});

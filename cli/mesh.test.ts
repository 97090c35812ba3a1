import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

const folder = mkdtempSync(join(tmpdir(), 'bowsprit-mesh-cli-'));
after(() => rmSync(folder, { recursive: true }));

function mesh(...args: string[]) {
  const options = { encoding: 'utf8', timeout: 60_000 } as const;
  return spawnSync(process.execPath, ['cli/bowsprit.mjs', 'mesh', ...args], options);
}

test('--new-key writes the secret for its owner alone, prints the public half, and overwrites nothing', () => {
  const file = join(folder, 'key.jwk');
  const { status, stdout } = mesh('--new-key', file);
  assert.equal(status, 0);
  const secret = JSON.parse(readFileSync(file, 'utf8'));
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const { d, ...shown } = secret;
  assert.match(d, /^[\w-]{43}$/);
  assert.deepEqual(JSON.parse(stdout), { keys: [{ ...shown, use: 'sig' }] });
  assert.equal(mesh('--new-key', file).status, 1);
  assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), secret);
});

test('without files there is nothing to print', () => {
  const { status, stderr } = mesh();
  assert.equal(status, 64);
  assert.match(stderr, /-f/);
});

test('what of the cluster’s own configuration does not fit the entry is said beside the objects', () => {
  const file = join(folder, 'policy.yaml');
  writeFileSync(
    file,
    `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: {name: ui}
spec:
  selector: {matchLabels: {app: ui}}
  rules: [{from: [{source: {namespaces: [istio-system]}}]}]
---
apiVersion: bowsprit.dev/v1alpha1
kind: MeshEntry
metadata: {name: entry}
spec: {address: entry.example.com}
`,
  );
  const { status, stdout, stderr } = mesh('-f', file, '-o', 'json');
  assert.equal(status, 0);
  assert.match(stderr, /BSP0924/);
  assert.equal(JSON.parse(stdout).kind, 'List');
});

/** The contract of `bowsprit check`: exit codes, the JSON's keys, and findings in the order of the file. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

const MAIN = join(import.meta.dirname, 'main.ts');

function check(args: string[], input = '') {
  const options = { input, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } } as const;
  return spawnSync(process.execPath, ['--disable-warning=ExperimentalWarning', MAIN, 'check', ...args], options);
}

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: gw}
spec:
  servers:
  - port: {number: 80, name: http, protocol: HTTP}
    hosts: ['*']
`;
const virtualService = (http: string, gateway = 'gw') => `${GATEWAY}---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: vs}
spec:
  hosts: [app.example.com]
  gateways: [${gateway}]
  http: [${http}]
`;

test('a sound configuration: exit 0, placements and the order of routes', () => {
  const { status, stdout } = check(['-f', '-'], virtualService('{directResponse: {status: 200}}'));
  assert.equal(status, 0, stdout);
  assert.match(stdout, /At the edge:\n {2}Gateway default\/gw: /);
  assert.match(stdout, /1\. everything -> answer 200 {3}\[VirtualService default\/vs http\[0\], -:16:10\]/);
  assert.match(stdout, /0 errors/);
});

test('an error: exit 79, with file, line and column', () => {
  const { status, stdout } = check(['-f', '-'], virtualService('{redirect: {uri: /z, redirectCode: 304}}'));
  assert.equal(status, 79);
  assert.match(
    stdout,
    /^-:16:31: error \[BSP0105\] \(VirtualService default\/vs spec\.http\[0\]\.redirect\.redirectCode\)/m,
  );
});

test('a warning is no error', () => {
  const { status, stdout } = check(['-f', '-'], virtualService('{directResponse: {status: 200}}', 'gw.default'));
  assert.equal(status, 0);
  assert.match(stdout, /warning \[IST0133\]/);
});

test('-o json has stable keys', () => {
  const { status, stdout } = check(['-f', '-', '-o', 'json'], virtualService('{directResponse: {status: 600}}'));
  assert.equal(status, 79);
  const report = JSON.parse(stdout);
  assert.deepEqual(Object.keys(report), ['snapshot', 'findings', 'placements', 'mergeOrder', 'rateLimits']);
  assert.match(report.snapshot, /^[0-9a-f]{16}$/);
  const found = report.findings.find(({ level }: { level: string }) => level === 'error');
  assert.deepEqual(found.position, { file: '-', line: 16, column: 28 });
});

test('-n names the namespace of resources that name none', () => {
  const { stdout } = check(['-f', '-', '-n', 'shop'], GATEWAY);
  assert.match(stdout, /Gateway shop\/gw/);
});

test('unreadable input is 65, a wrong command line 64', () => {
  assert.equal(check(['-f', '/nowhere/at/all.yaml']).status, 65);
  assert.equal(check(['--no-such-option']).status, 64);
});

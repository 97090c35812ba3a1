/**
 * What authentication and authorisation add to a request, in CPU of the server, next to Envoy in the same run. Every
 * request is answered by a direct response, so that the difference to the plain listener is the policies and nothing else.
 * Run: node_modules/node/bin/node bench/auth.ts [seconds a measurement] [rounds]; needs `envoy` and `wrk`.
 */
import { spawn } from 'node:child_process';
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HttpFilter, JwtProvider, Snapshot } from '../gateway/snapshot.ts';
import { startEdge } from '../test/support/edge.ts';
import { freePort } from '../test/support/free-port.ts';
import { snapshotOf, virtualHostOf } from '../test/support/snapshot.ts';
import { type EnvoyCase, envoyConfiguration } from './auth-envoy.ts';

const seconds = Number(process.argv[2] ?? 2);
const rounds = Number(process.argv[3] ?? 3);
/** More than the cache of verified tokens holds, so that going round never meets one that is still there. */
const DISTINCT_TOKENS = 12_000;

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwks = (key: KeyObject, alg: string) =>
  JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), kid: 'k', alg }] });

function token(alg: 'RS256' | 'ES256', number: number): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'i', sub: `user-${number}`, aud: 'app', exp: 4_102_444_800, groups: ['a', 'b', 'c'] };
  const signed = `${part({ alg, kid: 'k', typ: 'JWT' })}.${part(claims)}`;
  const key = alg === 'RS256' ? rsa.privateKey : ec.privateKey;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

const provider = (alg: 'RS256' | 'ES256'): JwtProvider => ({
  name: `origins-0`,
  issuer: 'i',
  audiences: ['app'],
  jwks: jwks(alg === 'RS256' ? rsa.publicKey : ec.publicKey, alg),
  fromHeaders: [],
  fromParams: [],
  fromCookies: [],
  forwardOriginalToken: false,
  outputClaimToHeaders: [],
  spaceDelimitedClaims: [],
  timeoutMs: 5_000,
});
const jwt = (alg: 'RS256' | 'ES256'): HttpFilter[] => [
  { phase: 'jwt', config: { kind: 'jwt_authn', providers: [provider(alg)] } },
];

/** One rule a policy: a method and a path of its own. The request fits the last. */
function rules(count: number): HttpFilter[] {
  const policies = Array.from({ length: count }, (_, number) => ({
    name: `ns[a]-policy[p${String(number).padStart(4, '0')}]-rule[0]`,
    permissions: [
      {
        tests: [
          { attribute: 'method', values: [{ kind: 'exact' as const, value: 'GET' }], notValues: [] },
          { attribute: 'path', values: [{ kind: 'exact' as const, value: `/p/${number}` }], notValues: [] },
        ],
      },
    ],
    principals: [],
  }));
  return [{ phase: 'rbac-allow', config: { kind: 'rbac', action: 'ALLOW', policies } }];
}

interface Case {
  name: string;
  filters: HttpFilter[];
  path: string;
  /** Sent in turn; none = no token. */
  tokens: string[];
}

const many = (alg: 'RS256' | 'ES256') => Array.from({ length: DISTINCT_TOKENS }, (_, number) => token(alg, number));
const CASES: Case[] = [
  { name: 'plain', filters: [], path: '/', tokens: [] },
  { name: 'no policy, token sent', filters: [], path: '/', tokens: [token('RS256', 1)] },
  { name: 'token seen before (RS256)', filters: jwt('RS256'), path: '/', tokens: [token('RS256', 1)] },
  { name: 'new token each time (RS256)', filters: jwt('RS256'), path: '/', tokens: many('RS256') },
  { name: 'new token each time (ES256)', filters: jwt('ES256'), path: '/', tokens: many('ES256') },
  { name: '10 rules', filters: rules(10), path: '/p/9', tokens: [] },
  { name: '1,000 rules', filters: rules(1_000), path: '/p/999', tokens: [] },
];
/** What each case is compared with. */
const BASE: Record<string, string> = { 'no policy, token sent': 'plain', '10 rules': 'plain', '1,000 rules': 'plain' };

const directory = mkdtempSync(join(tmpdir(), 'bench-auth-'));
const edge = await startEdge(snapshot());
const envoyPorts = await Promise.all(CASES.map(() => freePort()));
writeFileSync(join(directory, 'envoy.json'), JSON.stringify(envoyConfiguration(CASES.map(envoyCase))));
const envoy = spawn('envoy', ['-c', join(directory, 'envoy.json'), '--concurrency', '1', '-l', 'error'], {
  stdio: 'ignore',
});
for (const [index, { tokens }] of CASES.entries()) writeFileSync(script(index), luaScript(tokens));

try {
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  await report();
} finally {
  envoy.kill();
  await edge.stop();
  rmSync(directory, { recursive: true });
}

function snapshot(): Snapshot {
  const action = { kind: 'direct' as const, status: 200, body: { string: 'ok' } };
  const route = { name: '', match: {}, action, origin: { kind: 'VirtualService', namespace: 'a', name: 'b' } };
  const base = snapshotOf([virtualHostOf('*', [route])]);
  const listener = base.listeners[0]!;
  base.listeners = CASES.map(({ filters }, index) => ({ ...listener, port: 8_000 + index, httpFilters: filters }));
  return base;
}

function envoyCase({ filters }: Case, index: number): EnvoyCase {
  return { port: envoyPorts[index]!, filters };
}

function script(index: number): string {
  return join(directory, `${index}.lua`);
}

function luaScript(tokens: string[]): string {
  if (tokens.length === 0) return '';
  writeFileSync(join(directory, `${tokens.length}-${tokens[0]!.slice(0, 12)}.txt`), tokens.join('\n'));
  const file = join(directory, `${tokens.length}-${tokens[0]!.slice(0, 12)}.txt`);
  return `local tokens = {}
for line in io.lines("${file}") do tokens[#tokens + 1] = "Bearer " .. line end
local at = 0
request = function()
  at = at % #tokens + 1
  wrk.headers["authorization"] = tokens[at]
  return wrk.format()
end`;
}

/** Nanoseconds on a CPU of all threads. */
function cpuOf(pid: number): number {
  return readdirSync(`/proc/${pid}/task`)
    .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]))
    .reduce((sum, ns) => sum + ns, 0);
}

/** Microseconds of the server's CPU for one request. */
async function measure(pid: number, port: number, index: number): Promise<number> {
  const before = cpuOf(pid);
  const output = await run('wrk', [
    '-t1',
    '-c8',
    `-d${seconds}s`,
    '-s',
    script(index),
    `http://127.0.0.1:${port}${CASES[index]!.path}`,
  ]);
  const requests = Number(/(\d+) requests in/.exec(output)?.[1]);
  if (/Non-2xx/.test(output)) throw new Error(`${CASES[index]!.name}: ${output}`);
  return (cpuOf(pid) - before) / 1_000 / requests;
}

function run(command: string, args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject).on('exit', () => resolve(output));
  });
}

async function report(): Promise<void> {
  const samples = CASES.map(() => ({ edge: [] as number[], envoy: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const index of CASES.keys()) {
      const ours = await measure(edge.pid, edge.port(8_000 + index), index);
      const theirs = await measure(envoy.pid!, envoyPorts[index]!, index);
      // The first round warms both up.
      if (round > 0) samples[index]!.edge.push(ours);
      if (round > 0) samples[index]!.envoy.push(theirs);
    }
  }
  const best = (list: number[]) => Math.min(...list);
  console.log('µs of server CPU a request (least of the rounds), and what it adds to the case it is compared with');
  console.log(
    `${'case'.padEnd(30)} ${'edge'.padStart(8)} ${'added'.padStart(8)} ${'Envoy'.padStart(8)} ${'added'.padStart(8)}`,
  );
  for (const [index, { name }] of CASES.entries()) {
    const base = CASES.findIndex((one) => one.name === (BASE[name] ?? 'no policy, token sent'));
    const [ours, theirs] = [best(samples[index]!.edge), best(samples[index]!.envoy)];
    const added = index === 0 ? [0, 0] : [ours - best(samples[base]!.edge), theirs - best(samples[base]!.envoy)];
    const cells = [ours, added[0]!, theirs, added[1]!].map((value) => value.toFixed(1).padStart(8));
    console.log(`${name.padEnd(30)} ${cells.join(' ')}`);
  }
}

/**
 * Cloudflare on this machine: the two Workers exactly as they would be uploaded, under `wrangler dev` with one Workers KV between
 * them. A third, in front, sends requests for 127.0.0.1 to the control API and all others to the gateway.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { newToken } from '../../cli/serve/kubeconfig.ts';
import { freePort } from '../support/free-port.ts';

const ROOT = join(import.meta.dirname, '../..');
const WRANGLER = join(ROOT, 'node_modules/wrangler/bin/wrangler.js');
const START_MS = 60_000;
const CALL_MS = 30_000;
/** The same in both Workers: what one writes the other reads. */
const KV = [{ binding: 'SNAPSHOTS', id: 'snapshots' }];

/** wrangler ends TLS for several Workers and then says http, which Cloudflare does not. */
const FRONT = `export default {
  fetch(request, env) {
    const url = new URL(request.url);
    url.protocol = 'https:';
    return (url.hostname === '127.0.0.1' ? env.API : env.EDGE).fetch(new Request(url, request));
  },
};`;

export interface Published {
  kubectl(args: readonly string[], input?: string): { code: number; text: string };
  /** One request to the gateway; status 0 when there was no answer. */
  get(host: string): Promise<number>;
  log(): string;
  stop(): Promise<void>;
}

/** @param floor YAML that is deployed with the gateway */
export async function startPublished(floor: string): Promise<Published> {
  const folder = mkdtempSync(join(tmpdir(), 'bowsprit-published-'));
  const token = newToken();
  buildWorkers(folder, floor);
  const configs = writeConfigs(folder, token);
  const port = await freePort();
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(kubeconfig, JSON.stringify(kubeconfigOf(port, token)));
  const env = { ...process.env, ...QUIET, HOME: folder, KUBECONFIG: kubeconfig };
  const flags = ['--ip', '127.0.0.1', '--port', String(port), '--local-protocol', 'https', '--inspector-port', '0'];
  const more = ['--persist-to', join(folder, 'state'), '--show-interactive-dev-session=false'];
  const args = [WRANGLER, 'dev', '--local', ...configs.flatMap((file) => ['-c', file]), ...flags, ...more];
  const child = spawn(process.execPath, args, { cwd: folder, env, detached: true });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (log += part));
  const stop = async (): Promise<void> => {
    await ended(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const get = (host: string) => ask(port, host, '/');
  const isReady = async () => (await ask(port, '127.0.0.1', '/readyz')) === 200;
  for (const until = Date.now() + START_MS; !(await isReady()); ) {
    if (Date.now() > until || child.exitCode !== null) {
      await stop();
      throw new Error(`wrangler dev did not start: ${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return {
    get,
    stop,
    log: () => log,
    kubectl: (words, input = '') => {
      const ran = spawnSync('kubectl', words, { env, input, encoding: 'utf8', timeout: CALL_MS });
      return { code: ran.status ?? -1, text: ran.stdout + ran.stderr };
    },
  };
}

const QUIET = {
  CI: 'true',
  X_LOCAL_OBSERVABILITY: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_SEND_METRICS: 'false',
};

function buildWorkers(folder: string, floor: string): void {
  writeFileSync(join(folder, 'floor.yaml'), floor);
  const gateway = [
    'cli/bowsprit.mjs',
    'deploy',
    '--snapshots',
    KV[0]!.id,
    '--control',
    'bowsprit-control',
    '-f',
    join(folder, 'floor.yaml'),
  ];
  run('node', [...gateway, '--dry-run', '--outdir', join(folder, 'gateway')], folder);
  const control = ['deploy', '--dry-run', '--config', 'wrangler.control.toml', '--outdir', join(folder, 'control')];
  run(process.execPath, [WRANGLER, ...control], folder);
}

function run(command: string, args: readonly string[], home: string): void {
  const env = { ...process.env, ...QUIET, HOME: home };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', env, timeout: START_MS });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stdout}${stderr}`);
}

/** wrangler's configurations of the bundles: those that they were built with, with secrets as plain variables. */
function writeConfigs(folder: string, token: string): string[] {
  const read = (file: string) => ({ ...parse(readFileSync(join(ROOT, file), 'utf8')), build: {}, no_bundle: true });
  const front = {
    name: 'front',
    main: join(folder, 'front.js'),
    compatibility_date: '2026-08-01',
    services: [
      { binding: 'API', service: 'bowsprit-control' },
      { binding: 'EDGE', service: 'bowsprit' },
    ],
  };
  const vars = { BOOTSTRAP_TOKEN: token, SECRET_KEY: randomBytes(32).toString('base64') };
  const configs = {
    front,
    gateway: { ...read('dist/deploy/wrangler.toml'), main: join(folder, 'gateway/main.js') },
    control: { ...read('wrangler.control.toml'), main: join(folder, 'control/worker.js'), kv_namespaces: KV, vars },
  };
  writeFileSync(join(folder, 'front.js'), FRONT);
  return Object.entries(configs).map(([name, config]) => {
    const file = join(folder, `${name}.toml`);
    writeFileSync(file, stringify(config));
    return file;
  });
}

function kubeconfigOf(port: number, token: string): object {
  const cluster = { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'edge',
    clusters: [{ name: 'edge', cluster }],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'edge', context: { cluster: 'edge', user: 'admin' } }],
  };
}

/** The certificate is wrangler's own. */
function ask(port: number, host: string, path: string): Promise<number> {
  const authority = host === '127.0.0.1' ? `${host}:${port}` : host;
  const options = {
    host: '127.0.0.1',
    port,
    path,
    headers: { host: authority },
    agent: false as const,
    timeout: CALL_MS,
  };
  return new Promise((resolve) => {
    const outgoing = request({ ...options, rejectUnauthorized: false }, (answer) => {
      answer.on('close', () => resolve(answer.statusCode ?? 0)).resume();
    });
    outgoing.on('timeout', () => outgoing.destroy());
    outgoing.on('error', () => resolve(0)).end();
  });
}

function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  const late = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), 5000);
  return new Promise((resolve) => {
    child.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    process.kill(-child.pid!, 'SIGTERM');
  });
}

/**
 * The control process: the Kubernetes-style API with its Durable Object on disk. It stands apart from the gateway processes,
 * so that compiling a large configuration never delays a request, and apart from the counters for the same reason.
 */
import { randomBytes } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { type AccessSettings, checkSettings } from '../../control-api/access/settings.ts';
import type { FloorSource } from '../../control-api/store/floor.ts';
import type { FetchedModule } from '../../control-api/store/wanted-modules.ts';
import { CommandError, EXIT } from '../exit.ts';
import { readSources } from '../files.ts';
import { splitAddress } from './admin.ts';
import { bundleWorker } from './bundle.ts';
import { workerdConfig } from './capnp.ts';
import { apiCertificate } from './certificates.ts';
import { ControlLink, type Gateways } from './control-link.ts';
import { newToken, tokenIn, writeKubeconfig } from './kubeconfig.ts';
import { stateService } from './state.ts';
import { superviseWorkerd } from './workerd.ts';

export interface ControlOptions {
  /** `host:port` of the API; always TLS, because kubectl sends no token without it. */
  address: string;
  /** Where objects, history, tokens and keys are kept. */
  data: string;
  /** For the process's own files; it goes with `serve`. */
  folder: string;
  kubeconfig: string;
  /** AccessSettings, YAML. */
  access?: string;
  /** Address of the state process, which may start later. */
  state: string;
  /** The folder of --certs. */
  certificates?: string;
}

export interface Control {
  /** The floor has changed. */
  reload(): Promise<void>;
  /** Has every Snapshot that becomes live served, one after another; resolves when the first has been tried. */
  follow(gateways: Gateways): Promise<void>;
  /** Modules have become others. */
  learn(modules: readonly FetchedModule[]): Promise<void>;
  stop(): Promise<void>;
}

const CLASSES = [{ binding: 'CONTROL', className: 'ControlStore' }];

/** Starts the process and writes the kubeconfig; `floor` is what the API's objects are laid over. Throws when the address is taken. */
export async function startControl(options: ControlOptions, floor: () => FloorSource): Promise<Control> {
  const { folder, data } = options;
  for (const path of [folder, join(data, 'objects')]) mkdirSync(path, { recursive: true, mode: 0o700 });
  const { host, port } = splitAddress(options.address);
  const certificate = await apiCertificate(data, host);
  const token = tokenIn(options.kubeconfig) ?? newToken();
  const bracketed = host.includes(':') ? `[${host}]` : host;
  const sockets = await writeConfig({ ...options, address: `${bracketed}:${port}` }, token, certificate);
  const config = join(folder, 'control.capnp');
  const process = superviseWorkerd({ title: 'control process', config, sockets, inherited: {} });
  await process.ready.catch(async (error: Error) => {
    await process.stop(0);
    throw new CommandError(`--control ${options.address}: ${error.message}; is the address taken?`, EXIT.failed);
  });
  const shown = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : bracketed;
  writeKubeconfig(options.kubeconfig, `https://${shown}:${port}`, certificate.certificate, token);
  const link = new ControlLink(join(folder, 'parent'), floor);
  return {
    reload: () => link.putFloor(),
    follow: (gateways) => link.follow(gateways),
    learn: (modules) => link.learn(modules),
    stop: async () => {
      link.close();
      await process.stop(STOP_MS);
    },
  };
}

/** Watches are open for hours, so the process is not waited for as long as one that serves requests. */
const STOP_MS = 1000;

async function writeConfig(
  { folder, data, address, access, state, certificates }: ControlOptions,
  token: string,
  { key, certificate }: { key: string; certificate: string },
) {
  const bundle = await bundleWorker('control-api/worker.ts');
  copyFileSync(bundle.file, join(folder, 'control.js'));
  const secret = (name: string, content: string) => writeFileSync(join(folder, name), content, { mode: 0o600 });
  secret('api.key', key);
  secret('api.crt', certificate);
  secret('token.json', JSON.stringify(token));
  secret('access.json', JSON.stringify(readAccess(access)));
  secret('key.json', JSON.stringify(encryptionKey(data)));
  const sockets = [
    { name: 'api', address, keypair: { key: 'api.key', certificate: 'api.crt' } },
    { name: 'parent', address: `unix:${join(folder, 'parent')}`, entrypoint: 'Parent' },
  ];
  const json = [
    { name: 'BOOTSTRAP_TOKEN', file: 'token.json' },
    { name: 'ACCESS', file: 'access.json' },
    { name: 'SECRET_KEY', file: 'key.json' },
  ];
  const modules = [{ name: 'control.js', kind: 'esModule' as const, file: 'control.js' }];
  const durableObjects = { classes: CLASSES, disk: join(data, 'objects') };
  const externals = [stateService(state, folder, certificates)];
  secret('control.capnp', workerdConfig({ modules, json, externals, durableObjects, sockets }));
  return sockets;
}

function readAccess(file: string | undefined): AccessSettings {
  if (file === undefined) return {};
  const checked = checkSettings(parse(readSources([file])[0]?.text ?? ''));
  if ('error' in checked) throw new CommandError(`--access ${file}: ${checked.error}`, EXIT.unreadable);
  return checked.settings;
}

/** AES-256 key of the Secrets at rest, base64; made at the first start. Without it they cannot be read again. */
function encryptionKey(data: string): string {
  const file = join(data, 'secrets.key');
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

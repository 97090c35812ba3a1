/** The state process: Durable Objects on disk (the counters of global rate limits), one for all gateway processes. */
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Snapshot } from '../../gateway/snapshot.ts';
import { CommandError, EXIT } from '../exit.ts';
import { bundleWorker } from './bundle.ts';
import { type ExternalService, type SocketConfig, workerdConfig } from './capnp.ts';
import { callSocket } from './unix-http.ts';
import { type Supervised, superviseWorkerd } from './workerd.ts';

/** The Durable Object classes of gateway/state.ts with their names in its env. */
const CLASSES = [{ binding: 'COUNTERS', className: 'CounterObject' }];

/** Only limits that all requests share have to be counted in one place. */
export function needsState({ listeners }: Snapshot): boolean {
  return listeners.some(({ httpFilters }) => httpFilters.some(({ config }) => config.kind === 'ratelimit'));
}

/** Between machines: `state.crt`, `.key` and `.ca.crt` of --certs, shown by both ends and checked by both. */
const STATE_CREDENTIAL = 'state';

/** The name in that certificate, whatever the machines are called. */
const STATE_HOST = 'bowsprit-state';

export interface StateOptions {
  folder: string;
  data: string;
  /** `host:port` for other machines; plain on loopback, mutual TLS elsewhere. */
  listen?: string;
  /** The folder of --certs. */
  certificates?: string;
}

/**
 * Starts the process; its objects are kept under `data`, its files and the Unix socket `address` on which gateway
 * processes reach it in `folder`. Throws when workerd does not start.
 */
export async function startState(options: StateOptions): Promise<{ process: Supervised; address: string }> {
  const { folder, data } = options;
  const bundle = await bundleWorker('gateway/state.ts');
  const disk = resolve(data);
  mkdirSync(disk, { recursive: true, mode: 0o700 });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  copyFileSync(bundle.file, join(folder, 'state.js'));
  const address = `unix:${join(folder, 'rpc')}`;
  const sockets: SocketConfig[] = [{ name: 'rpc', address, rpc: true }];
  if (options.listen) sockets.push({ name: 'remote', address: options.listen, rpc: true, ...remoteTls(options) });
  const config = join(folder, 'state.capnp');
  const modules = [{ name: 'state.js', kind: 'esModule' as const, file: 'state.js' }];
  const durableObjects = { classes: CLASSES, disk };
  writeFileSync(config, workerdConfig({ modules, json: [], externals: [], durableObjects, sockets }));
  const process = superviseWorkerd({ title: 'state process', config, sockets, inherited: {} });
  await process.ready;
  // Opens every object's database now, so that no request waits for it.
  await callSocket(join(folder, 'rpc'), 'GET', '/counters?most=1').catch(() => undefined);
  return { process, address };
}

/** Whether an address is this machine's own: nobody else can connect to it. */
function isLoopback(address: string): boolean {
  return /^(127\.|localhost:|\[::1\])/.test(address);
}

/** Throws a CommandError (65) when the certificates for other machines are missing. */
function remoteTls({ listen = '', folder, certificates }: StateOptions): Partial<SocketConfig> {
  if (isLoopback(listen)) return {};
  copyStateCertificates(folder, certificates);
  return {
    keypair: { key: `${STATE_CREDENTIAL}.key`, certificate: `${STATE_CREDENTIAL}.crt` },
    clientAuthority: `${STATE_CREDENTIAL}.ca.crt`,
  };
}

/**
 * The way to a state process for a configuration in `folder`: our own over its Unix socket, another machine's over mutual
 * TLS. Throws a CommandError (65) when the certificates for that are missing.
 */
export function stateService(address: string, folder: string, certificates: string | undefined): ExternalService {
  const service = { name: 'STATE', address, rpc: true };
  if (address.startsWith('unix:') || isLoopback(address)) return service;
  copyStateCertificates(folder, certificates);
  const keypair = { key: `${STATE_CREDENTIAL}.key`, certificate: `${STATE_CREDENTIAL}.crt` };
  const trustedCertificates = [`${STATE_CREDENTIAL}.ca.crt`];
  return { ...service, tls: { certificateHost: STATE_HOST, trustedCertificates, trustBrowserCas: false, keypair } };
}

/** Puts the three files beside a configuration that embeds them. Throws a CommandError (65) when one is missing. */
function copyStateCertificates(folder: string, certificates: string | undefined): void {
  for (const ending of ['crt', 'key', 'ca.crt']) {
    const name = `${STATE_CREDENTIAL}.${ending}`;
    const file = certificates && join(certificates, name);
    if (!file || !existsSync(file)) {
      throw new CommandError(
        `--certs needs ${name}: state is shared with other machines over mutual TLS`,
        EXIT.unreadable,
      );
    }
    copyFileSync(file, join(folder, name));
  }
}

/** The folder of one generation: Snapshot, modules, certificates and one workerd configuration for each process. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { COMPILER } from '../../gateway/bindings.ts';
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { Bundle } from './bundle.ts';
import { type SocketConfig, type WorkerConfig, workerdConfig } from './capnp.ts';
import { certificateFor } from './certificates.ts';
import type { Credentials } from './credentials.ts';
import { withoutFilters, writeModules } from './module-files.ts';
import type { Names } from './names.ts';
import { externalServices, type PortPlan, portPlan } from './plan.ts';
import { SecretFiles } from './secret-files.ts';
import { stateService } from './state.ts';

export interface GenerationInput {
  /** A folder that does not exist yet; removed when the generation has drained. */
  folder: string;
  snapshot: Snapshot;
  bundle: Bundle;
  /** Wasm modules of the Snapshot's filters: file of the bytes by SHA-256. */
  filters: ReadonlyMap<string, string>;
  /** Addresses of endpoints given by name. */
  names: Names;
  /** Address of the state process, when there is one: `unix:/path` or `host:port`. */
  state?: string;
  credentials: Credentials;
  workers: number;
  /** How long a process may be silent before it is replaced. */
  silentMs?: number;
}

export interface GenerationFiles {
  input: GenerationInput;
  plans: PortPlan[];
  processes: { config: string; sockets: SocketConfig[] }[];
  secrets: SecretFiles;
  /** Hash of everything but the Snapshot and its filters: a process of the same shape can take those without starting anew. */
  shape: string;
}

/** Header by which our TLS front tells workerd about the client; the sockets that read it are reachable by us alone. */
export const CF_HEADER = 'x-bowsprit-cf';

/** The Snapshot's file in the folder, written before a process starts. */
export const SNAPSHOT_FILE = 'snapshot.json';

export const frontSocket = (port: number, server: number): string => `front-${port}-${server}`;
export const directSocket = (port: number): string => `port-${port}`;
export const ADMIN_SOCKET = 'admin';

/** Unix socket of one process. */
export function socketPath(folder: string, process: number, name: string): string {
  return join(folder, `${process}-${name}`);
}

export async function writeGeneration(input: GenerationInput): Promise<GenerationFiles> {
  const { folder, snapshot, state } = input;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const plans = snapshot.listeners.map(portPlan);
  const modules = writeModules(folder, input.bundle, input.filters, ['default', ADMIN_SOCKET]);
  const secrets = new SecretFiles(folder);
  const externals = externalServices(snapshot, input.names, keeper(folder, secrets), input.credentials);
  if (state !== undefined) externals.push(stateService(state, folder, input.credentials.folder));
  await writeCertificates(plans, input, secrets);
  const texts = writeEntryKey(input, secrets);
  const processes = Array.from({ length: input.workers }, (_, index) =>
    writeProcess(index, input, plans, { modules, externals, texts }),
  );
  const shape = shapeOf(folder, plans, secrets);
  return { input, plans, processes, secrets, shape };
}

/** Every file but the Snapshot and the filters; the folder's own name stands in socket addresses and does not count. */
function shapeOf(folder: string, plans: PortPlan[], secrets: SecretFiles): string {
  const hash = createHash('sha256').update(JSON.stringify(plans)).update(secrets.digest);
  for (const file of readdirSync(folder).sort()) {
    const content = withoutFilters(folder, file);
    if (content !== '') hash.update(`\n${file}\n`).update(content);
  }
  return hash.digest('hex');
}

function keeper(folder: string, secrets: SecretFiles): (name: string, content: string) => string {
  let count = 0;
  return (name, content) => {
    const file = `${++count}-${name}`;
    if (name.endsWith('.key')) secrets.add(file, content);
    else writeFileSync(join(folder, file), content, { mode: 0o600 });
    return file;
  };
}

async function writeCertificates(
  plans: PortPlan[],
  { folder, credentials }: GenerationInput,
  secrets: SecretFiles,
): Promise<void> {
  for (const plan of plans) {
    if (plan.kind !== 'direct' || !plan.tls) continue;
    const { certificate, key } = await certificateFor(plan.server.tls?.credentialName, credentials);
    writeFileSync(join(folder, `${plan.port}.crt`), certificate, { mode: 0o600 });
    secrets.add(`${plan.port}.key`, key);
  }
}

/** The key of the mesh entry's assertion: `<credentialName>.jwk`. */
function writeEntryKey({ snapshot, credentials }: GenerationInput, secrets: SecretFiles): WorkerConfig['json'] {
  const { assertion } = Object.values(snapshot.clusters).find((cluster) => cluster.assertion) ?? {};
  if (!assertion) return [];
  const source = join(credentials.folder ?? '', `${assertion.credentialName}.jwk`);
  if (!existsSync(source)) {
    console.error(`bowsprit: there is no file ${source}; the mesh entry will refuse what is not signed`);
    return [];
  }
  secrets.add('entry.jwk', readFileSync(source, 'utf8'));
  return [{ name: 'ENTRY_KEY', file: 'entry.jwk' }];
}

function writeProcess(
  index: number,
  { folder, bundle }: GenerationInput,
  plans: PortPlan[],
  shared: Pick<WorkerConfig, 'modules' | 'externals' | 'texts'>,
): GenerationFiles['processes'][number] {
  const sockets = plans.flatMap((plan) => socketsOf(plan, index, folder));
  if (bundle.exports.includes(ADMIN_SOCKET)) {
    sockets.push({ name: ADMIN_SOCKET, entrypoint: ADMIN_SOCKET, address: unix(folder, index, ADMIN_SOCKET) });
  }
  const config = join(folder, `${index}.capnp`);
  const json = [{ name: 'SNAPSHOT', file: SNAPSHOT_FILE }];
  writeFileSync(config, workerdConfig({ ...shared, json, sockets, compiler: COMPILER }), { mode: 0o600 });
  return { config, sockets };
}

const unix = (folder: string, index: number, name: string): string => `unix:${socketPath(folder, index, name)}`;

const TLS_VERSIONS: Record<string, string> = {
  TLSV1_0: 'tls1Dot0',
  TLSV1_1: 'tls1Dot1',
  TLSV1_2: 'tls1Dot2',
  TLSV1_3: 'tls1Dot3',
};

function socketsOf(plan: PortPlan, index: number, folder: string): SocketConfig[] {
  const { port } = plan;
  if (plan.kind === 'front') {
    return plan.servers.map((server, number) => ({
      name: frontSocket(port, number),
      address: unix(folder, index, frontSocket(port, number)),
      cfHeader: CF_HEADER,
      props: { port, server: server.name },
    }));
  }
  const socket: SocketConfig = { name: directSocket(port), props: { port } };
  if (!plan.tls) return [socket];
  const minVersion = TLS_VERSIONS[plan.server.tls?.minProtocolVersion ?? 'TLSV1_2'] ?? 'tls1Dot2';
  const keypair = { key: `${port}.key`, certificate: `${port}.crt` };
  return [{ ...socket, keypair, minVersion, props: { port, server: plan.server.name } }];
}

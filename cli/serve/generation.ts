/** One generation of gateway processes: a Snapshot, its files in a folder of its own, and N workerd that serve it. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Snapshot } from '../../gateway/snapshot.ts';
import type { Bundle } from './bundle.ts';
import { type ExternalService, type SocketConfig, type WorkerConfig, workerdConfig } from './capnp.ts';
import { certificateFor } from './certificates.ts';
import { externalServices, type PortPlan, portPlan } from './plan.ts';
import { type Supervised, superviseWorkerd } from './workerd.ts';

export interface GenerationInput {
  /** A folder that does not exist yet; removed when the generation has drained. */
  folder: string;
  snapshot: Snapshot;
  bundle: Bundle;
  /** Wasm modules of the Snapshot's filters: file of the bytes by SHA-256. */
  filters: ReadonlyMap<string, string>;
  /** Listening socket (file descriptor) by Gateway port. */
  descriptors: ReadonlyMap<number, number>;
  /** Unix socket of the state process, when there is one. */
  state?: string;
  /** The folder of `<credentialName>.crt/.key`. */
  certificates?: string;
  workers: number;
}

export interface Generation {
  snapshot: Snapshot;
  plans: PortPlan[];
  processes: readonly Supervised[];
  /** Unix socket of one process for a front's server (`frontSocket()`) or its metrics (`admin`). */
  socketPath(process: number, name: string): string;
  /** Lets the processes answer what they have accepted, then ends them. */
  drain(): Promise<void>;
}

/** Header by which our TLS front tells workerd about the client; the sockets that read it are reachable by us alone. */
export const CF_HEADER = 'x-bowsprit-cf';

export const frontSocket = (port: number, server: number): string => `front-${port}-${server}`;
const directSocket = (port: number): string => `port-${port}`;

/** What the processes of a generation share. */
interface Shared {
  input: GenerationInput;
  plans: PortPlan[];
  modules: WorkerConfig['modules'];
  externals: ExternalService[];
}

/** Resolves when every process accepts on every socket; throws (and leaves nothing running) when one cannot start. */
export async function startGeneration(input: GenerationInput): Promise<Generation> {
  const { folder, snapshot } = input;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const plans = snapshot.listeners.map(portPlan);
  const keep = keeper(folder);
  writeFileSync(join(folder, 'snapshot.json'), JSON.stringify(snapshot), { mode: 0o600 });
  const shared: Shared = {
    input,
    plans,
    modules: writeModules(input),
    externals: await externalServices(snapshot, keep),
  };
  await writeCertificates(plans, input);
  const processes = Array.from({ length: input.workers }, (_, index) => startProcess(index, shared));
  const drain = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await Promise.all(processes.map(({ ready }) => ready));
  } catch (error) {
    await drain();
    throw error;
  }
  return { snapshot, plans, processes, drain, socketPath: (process, name) => join(folder, `${process}-${name}`) };
}

function keeper(folder: string): (name: string, content: string) => string {
  let count = 0;
  return (name, content) => {
    const file = `${++count}-${name}`;
    writeFileSync(join(folder, file), content, { mode: 0o600 });
    return file;
  };
}

/** The entry only joins the bundle with its filters: Wasm cannot be compiled at run time, so it is imported by name. */
function writeModules({ folder, bundle, filters }: GenerationInput): WorkerConfig['modules'] {
  copyFileSync(bundle.file, join(folder, 'gateway.js'));
  const digests = bundle.exports.includes('registerModules') ? [...filters.keys()] : [];
  for (const digest of digests) copyFileSync(filters.get(digest)!, join(folder, `${digest}.wasm`));
  const imports = digests.map((digest, index) => `import filter${index} from './${digest}.wasm';`);
  const table = digests.map((digest, index) => `'${digest}': filter${index}`).join(', ');
  const register = digests.length
    ? `import { registerModules } from './gateway.js';\nregisterModules({ ${table} });`
    : '';
  const named = bundle.exports.includes('Admin') ? 'default, Admin' : 'default';
  const entry = [...imports, register, `export { ${named} } from './gateway.js';`, ''].join('\n');
  writeFileSync(join(folder, 'main.js'), entry);
  return [
    { name: 'main.js', kind: 'esModule', file: 'main.js' },
    { name: 'gateway.js', kind: 'esModule', file: 'gateway.js' },
    ...digests.map((digest) => ({ name: `${digest}.wasm`, kind: 'wasm' as const, file: `${digest}.wasm` })),
  ];
}

async function writeCertificates(plans: PortPlan[], input: GenerationInput): Promise<void> {
  for (const plan of plans) {
    if (plan.kind !== 'direct' || !plan.tls) continue;
    const { certificate, key } = await certificateFor(plan.server.tls?.credentialName, input.certificates);
    writeFileSync(join(input.folder, `${plan.port}.crt`), certificate, { mode: 0o600 });
    writeFileSync(join(input.folder, `${plan.port}.key`), key, { mode: 0o600 });
  }
}

function startProcess(index: number, shared: Shared): Supervised {
  const { input, plans } = shared;
  const sockets = plans.flatMap((plan) => socketsOf(plan, index, input.folder));
  if (input.bundle.exports.includes('Admin')) {
    sockets.push({ name: 'admin', entrypoint: 'Admin', address: `unix:${join(input.folder, `${index}-admin`)}` });
  }
  const externals = [...shared.externals];
  if (input.state) externals.push({ name: 'STATE', address: `unix:${input.state}`, rpc: true });
  const json = [{ name: 'SNAPSHOT', file: 'snapshot.json' }];
  const config = join(input.folder, `${index}.capnp`);
  writeFileSync(config, workerdConfig({ modules: shared.modules, json, externals, sockets }));
  const direct = plans.filter(({ kind }) => kind === 'direct').map(({ port }) => port);
  return superviseWorkerd({
    title: `gateway process ${index}`,
    config,
    sockets,
    inherited: Object.fromEntries(direct.map((port) => [directSocket(port), input.descriptors.get(port)!])),
  });
}

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
      address: `unix:${join(folder, `${index}-${frontSocket(port, number)}`)}`,
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

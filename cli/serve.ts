/** `bowsprit serve`: workerd in the foreground, one socket for each Gateway port. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import type { CompileInput } from '../control-api/compile/processor.ts';
import { credentialsOf } from '../control-api/resources/tls-secret.ts';
import type { FloorSource } from '../control-api/store/floor.ts';
import { type ConfigurationOptions, fetchFilters, readConfiguration, readFloor } from './configuration.ts';
import { action, CommandError, EXIT } from './exit.ts';
import { printFindings } from './findings.ts';
import { several } from './options.ts';
import { serveAdmin } from './serve/admin.ts';
import type { Control } from './serve/control.ts';
import { controlGateways } from './serve/control-gateways.ts';
import { Gateway } from './serve/gateway.ts';
import { makeRunFolder } from './serve/run-folder.ts';
import { watchFiles } from './serve/watch.ts';

export interface ServeOptions extends ConfigurationOptions {
  listen: string[];
  bind: string;
  admin: string;
  certs?: string;
  data?: string;
  state?: string;
  stateListen?: string;
  workers: string;
  control?: string;
  kubeconfig: string;
  access?: string;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('serve the configuration with workerd, in the foreground')
    .option('-f, --filename <path>', 'file, folder or - (repeatable)', several, [])
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .option(
      '--listen <gatewayPort=localPort>',
      'where a Gateway port listens; 80=8080, 443=8443 … (repeatable)',
      several,
      [],
    )
    .option('--bind <address>', 'address of the Gateway ports', '127.0.0.1')
    .option('--admin <host:port>', '/ready, /healthz, /stats/prometheus and /tail', '127.0.0.1:15021')
    .option('--certs <folder>', '<credentialName>.crt and .key; self-signed where there is none')
    .option(
      '--data <folder>',
      "where counters of global rate limits and the API's objects are kept, else they end with serve",
    )
    .option('--control <host:port>', 'the Kubernetes-style API (TLS), whose objects are laid over -f')
    .option('--access <file>', 'who else may use --control: OpenID Connect, Cloudflare Access')
    .option('--kubeconfig <file>', 'how kubectl reaches --control: written there', '.bowsprit/kubeconfig')
    .option('--state <host:port>', "another machine's state process")
    .option('--state-listen <host:port>', 'where other machines reach our state process')
    .option('--workers <n>', 'gateway processes; each keeps its own local rate limits and outlier counts', '1')
    .action(action((options: ServeOptions) => runServe(options)));
}

/** Serves until SIGTERM or SIGINT; `started` is told the gateway once every port accepts. */
export async function runServe(options: ServeOptions, started: (gateway: Gateway) => void = printPorts): Promise<void> {
  if (options.filename.length === 0 && !options.control)
    throw new CommandError('-f or --control is needed', EXIT.usage);
  const untilTold = heedSignals();
  const gateway = new Gateway({
    bind: options.bind,
    ports: portMap(options.listen),
    workers: atLeastOne(options.workers),
    ...(options.certs !== undefined && { certificates: options.certs }),
    ...(options.data !== undefined && { data: options.data }),
    ...(options.state !== undefined && { state: options.state }),
    ...(options.stateListen !== undefined && { stateListen: options.stateListen }),
  });
  let ready = false;
  const ownMetrics = (): string => parentMetrics(gateway);
  const admin = await serveAdmin(options.admin, {
    ready: () => ready && (gateway.generation?.processes.some((process) => process.running()) ?? false),
    adminSockets: () => adminSockets(gateway),
    ownMetrics,
    stateSocket: () => gateway.stateSocket(),
  });
  const load = async (): Promise<void> => {
    const modules = await fetchFilters(options);
    const { snapshot, findings, filters, input } = readConfiguration({
      ...options,
      modules,
      previous: gateway.generation?.snapshot,
    });
    printFindings(findings);
    learnSecrets(gateway, input);
    await gateway.roll(snapshot, filters);
    watchModules([...modules.sources], () => reload(load()));
  };
  // A filter that was built anew takes over like any other change.
  let unwatchModules = (): void => undefined;
  const watchModules = (files: readonly string[], changed: () => void): void => {
    unwatchModules();
    unwatchModules = watchFiles(files.filter(existsSync), changed);
  };
  const control = options.control === undefined ? undefined : await controlOf(options, options.control, gateway);
  const isOurs = (url: string): boolean => readFloor(options).files.some(({ text }) => text.includes(url));
  const gateways = controlGateways(gateway, isOurs, (files) =>
    watchModules(files, () => reload(gateways.fetchFiles().then((modules) => control?.learn(modules)))),
  );
  await control?.follow(gateways);
  // Without the API, and when its Snapshot cannot be served: what the files say.
  if (!gateway.generation) await load();
  ready = true;
  started(gateway);
  const reload = (reloaded = control ? control.reload() : load()): void => {
    reloaded
      .then(() => gateway.renewCertificates())
      .catch((error: Error) => console.error(`bowsprit: ${error.message}; the configuration before stays`));
  };
  const renew = (): void => {
    gateway.credentials.filesChanged();
    gateway.renewCertificates().catch((error: Error) => console.error(`bowsprit: ${error.message}`));
  };
  const paths = [...options.filename, ...(options.meshConfig === undefined ? [] : [options.meshConfig])];
  const unwatch = watchFiles(paths, () => reload());
  const unwatchCertificates = watchFiles(options.certs === undefined ? [] : [options.certs], renew);
  await untilTold(() => {
    reload();
    renew();
  });
  ready = false;
  unwatch();
  unwatchCertificates();
  unwatchModules();
  await admin.endTails();
  await control?.stop();
  await gateway.stop();
  admin.close();
  process.exit(EXIT.fine);
}

/** On standard error: standard output belongs to the access log. */
function printPorts(gateway: Gateway): void {
  for (const [port, local] of gateway.localPorts()) console.error(`bowsprit: port ${port} on ${gateway.bind}:${local}`);
}

/** Secrets in the files of -f are certificates as those of the API are. */
function learnSecrets({ credentials }: Gateway, { resources, identity }: CompileInput): void {
  credentials.learn(credentialsOf(resources, identity.namespace), 'files');
}

async function controlOf(options: ServeOptions, address: string, gateway: Gateway): Promise<Control> {
  const folder = makeRunFolder();
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const data = join(options.data ?? folder, 'control');
  if (options.data === undefined)
    console.error('bowsprit: without --data the objects of the API end with this process');
  const floor = (): FloorSource => {
    const { findings, input } = readConfiguration(options);
    printFindings(findings);
    learnSecrets(gateway, input);
    return { ...readFloor(options), certificates: gateway.credentials.fileNames() };
  };
  // Only where it is asked for: start-up time is every script's time.
  const { startControl } = await import('./serve/control.ts');
  const control = await startControl(
    {
      address,
      data,
      folder,
      kubeconfig: options.kubeconfig,
      state: gateway.stateAddress,
      ...(options.certs !== undefined && { certificates: options.certs }),
      ...(options.access !== undefined && { access: options.access }),
    },
    floor,
  );
  console.error(`bowsprit: control API on https://${address}; KUBECONFIG=${options.kubeconfig}`);
  return control;
}

/**
 * A signal ends us at once, and our children with us: by itself it would end us alone. Once the returned function is called SIGHUP
 * calls `reload`, and the others settle its promise; a second one changes nothing: whoever sends one to the whole process group sends
 * it twice to us (launcher and group).
 */
function heedSignals(): (reload: () => void) => Promise<void> {
  const end = (): void => process.exit(EXIT.failed);
  const heeded = { SIGTERM: end, SIGINT: end, SIGHUP: end };
  // Heard from first to last by the same: one that comes while a listener takes another's place would be lost.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => heeded[signal]());
  return (reload) =>
    new Promise((resolve) => void Object.assign(heeded, { SIGTERM: resolve, SIGINT: resolve, SIGHUP: reload }));
}

/** `80=18080` … as a map. Throws a CommandError (64). */
function portMap(values: readonly string[]): Map<number, number> {
  return new Map(
    values.map((value): [number, number] => {
      const match = /^(\d{1,5})=(\d{1,5})$/.exec(value);
      if (!match) throw new CommandError(`--listen ${value} is not GATEWAYPORT=LOCALPORT`, EXIT.usage);
      return [Number(match[1]), Number(match[2])];
    }),
  );
}

function atLeastOne(value: string): number {
  const count = Number(value);
  if (!Number.isInteger(count) || count < 1) throw new CommandError(`--workers ${value} is not a number`, EXIT.usage);
  return count;
}

function adminSockets({ generation }: Gateway): string[] {
  return generation?.processes.map((_, index) => generation.socketPath(index, 'admin')) ?? [];
}

function parentMetrics(gateway: Gateway): string {
  const { generation } = gateway;
  const running = generation?.processes.filter((process) => process.running()).length ?? 0;
  return [
    '# TYPE bowsprit_snapshot_info gauge',
    `bowsprit_snapshot_info{id="${generation?.snapshot.id ?? ''}"} 1`,
    '# TYPE bowsprit_gateway_processes gauge',
    `bowsprit_gateway_processes ${running}`,
    '# TYPE bowsprit_gateway_processes_replaced_total counter',
    `bowsprit_gateway_processes_replaced_total ${gateway.replaced}`,
    '',
  ].join('\n');
}

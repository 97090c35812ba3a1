/**
 * `bowsprit dev` (`npm start`): the configuration at hand, served while it is being written, beside example services.
 *
 * It runs workerd as `serve` does and not under `wrangler dev` or Miniflare, though the runtime is the same: their proxies
 * stand before the Worker, normalise the path and the Host, replace Accept-Encoding and `request.cf` and offer one port.
 * What one sees here would then not be what the gateway does.
 */
import { join } from 'node:path';
import { Command } from 'commander';
import { startExampleServices } from '../config/services/services.ts';
import { action, CommandError, EXIT } from './exit.ts';
import { several } from './options.ts';
import type { Gateway } from './serve/gateway.ts';
import { runServe, type ServeOptions } from './serve.ts';

/** The configuration that runs when none is named: the guestbook workshop. */
const EXAMPLE = join(import.meta.dirname, '../config');

interface DevOptions extends Omit<ServeOptions, 'control'> {
  /** false: --no-control */
  control: string | false;
  services: boolean;
}

export function devCommand(): Command {
  return new Command('dev')
    .description('serve while writing: builds filters and reloads on every change, with example services')
    .option('-f, --filename <path>', 'file, folder or - (repeatable); the guestbook workshop unless given', several, [])
    .option('--mesh-config <file>', "Istio's MeshConfig")
    .option('-n, --namespace <name>', 'namespace of resources that name none', 'default')
    .option('--listen <gatewayPort=localPort>', 'where a Gateway port listens; 80=8080, 443=8443 …', several, [])
    .option('--bind <address>', 'address of the Gateway ports', '127.0.0.1')
    .option('--admin <host:port>', '/ready, /healthz, /stats/prometheus and /tail', '127.0.0.1:15021')
    .option('--certs <folder>', '<credentialName>.crt and .key; self-signed where there is none')
    .option('--data <folder>', "where counters and the control API's objects are kept", '.bowsprit')
    .option('--control <host:port>', 'the Kubernetes-style API (TLS), whose objects are laid over -f', '127.0.0.1:8001')
    .option('--no-control', 'without it')
    .option('--kubeconfig <file>', 'how kubectl reaches --control: written there', '.bowsprit/kubeconfig')
    .option('--no-services', 'do not start the example services')
    .action(action(dev));
}

async function dev({ services, control, ...options }: DevOptions): Promise<void> {
  if (services) {
    await startExampleServices().catch((error: Error) => {
      throw new CommandError(`an example service cannot start: ${error.message} (see --no-services)`, EXIT.failed);
    });
  }
  const filename = options.filename.length > 0 ? options.filename : [EXAMPLE];
  const { buildFilters } = await import('./filter/watch.ts');
  const unwatch = await buildFilters(filename, options.namespace);
  const withControl = typeof control === 'string' ? { control } : {};
  await runServe({ ...options, ...withControl, filename, workers: '1' }, (gateway) => printUrls(gateway, filename));
  unwatch();
}

function printUrls(gateway: Gateway, filename: string[]): void {
  console.log(`Serving ${filename.join(', ')}; every change is served at once. Try:`);
  for (const [port, local] of gateway.localPorts()) {
    const listener = gateway.generation?.snapshot.listeners.find((one) => one.port === port);
    const secure = listener?.servers.some(({ tls }) => tls);
    const hosts = [...new Set(listener?.servers.flatMap((server) => server.hosts))].slice(0, 5);
    for (const host of hosts) console.log(`  ${tryLine(host, local, secure ?? false)}`);
  }
}

/** A curl line that reaches the host on this machine, whatever DNS says. */
function tryLine(host: string, port: number, secure: boolean): string {
  if (host === '*') return `curl ${secure ? '-k https' : 'http'}://localhost:${port}/`;
  const name = host.replace('*', 'www');
  if (!secure) return `curl -H 'Host: ${name}' http://localhost:${port}/`;
  return `curl -k --resolve ${name}:${port}:127.0.0.1 https://${name}:${port}/`;
}

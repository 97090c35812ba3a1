/**
 * The text of a workerd configuration (Cap'n Proto): services, sockets and one Worker, from plain values. Files stand
 * beside the configuration and are named by `embed`, so that keys and Snapshots are never quoted into it.
 */

export interface ExternalService {
  name: string;
  /** `10.0.0.1:80`, `[::1]:80` or `unix:/path`. */
  address: string;
  tls?: { certificateHost?: string; trustedCertificates: string[]; trustBrowserCas: boolean; keypair?: Keypair };
  /** The service speaks workerd's RPC (a process of ours), not only HTTP. */
  rpc?: boolean;
}

/** File names, PEM. */
export interface Keypair {
  key: string;
  certificate: string;
}

export interface SocketConfig {
  name: string;
  /** Absent: `--socket-fd name=fd` gives it. */
  address?: string;
  keypair?: Keypair;
  minVersion?: string;
  /** PEM file of the authority from which every client has to show a certificate. */
  clientAuthority?: string;
  /** The header that carries `request.cf` as JSON; only for sockets that nobody but our own front reaches. */
  cfHeader?: string;
  entrypoint?: string;
  props?: unknown;
  rpc?: boolean;
}

export interface WorkerConfig {
  /** Name in imports and file name; the first one is the entry. */
  modules: { name: string; kind: 'esModule' | 'wasm'; file: string }[];
  /** Bindings that hold a parsed JSON file. */
  json: { name: string; file: string }[];
  /** Bindings that hold a file's text. */
  texts?: { name: string; file: string }[];
  externals: ExternalService[];
  /** Durable Object classes with their names in env, stored under `disk`. */
  durableObjects?: { classes: { binding: string; className: string }[]; disk: string };
  sockets: SocketConfig[];
  /** Name in env of the binding that compiles Wasm at run time, which only workerd itself offers. */
  compiler?: string;
}

/**
 * A request waits while V8 collects its young generation, the longer the larger that is: with V8's default, which grows to 16 MB,
 * up to tens of milliseconds, with 1 MB under one. docs/performance.md, "Latency".
 */
export const V8_FLAGS: readonly string[] = ['--max-semi-space-size=1'];
const COMPATIBILITY_DATE = '2026-08-01';
/** Host name of the CONNECT request that opens an RPC session between two of our processes. */
const RPC_HOST = 'bowsprit';

/** A string literal: C's escapes, for quotes and for ASCII's control characters; all else is UTF-8 as it stands. */
function text(value: string): string {
  const code = (c: string): string => (c < '\x80' ? `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}` : c);
  return `"${value.replace(/["\\]/g, '\\$&').replace(/\p{Cc}/gu, code)}"`;
}

/** `(name = value, …)`; fields without a value are left out. */
function struct(fields: Record<string, string | undefined>): string {
  const parts = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name} = ${value}`]));
  return `(${parts.join(', ')})`;
}

const list = (items: string[]): string => `[\n    ${items.join(',\n    ')}\n  ]`;
const embed = (file: string): string => `embed ${text(file)}`;

function keypair(pair: Keypair): string {
  return struct({ privateKey: embed(pair.key), certificateChain: embed(pair.certificate) });
}

function external(service: ExternalService): string {
  const options = struct({ capnpConnectHost: service.rpc ? text(RPC_HOST) : undefined });
  const address = text(service.address);
  if (!service.tls) {
    return struct({ name: text(service.name), external: struct({ address, http: options }) });
  }
  const { certificateHost, trustedCertificates, trustBrowserCas, keypair: pair } = service.tls;
  const tlsOptions = struct({
    trustBrowserCas: String(trustBrowserCas),
    trustedCertificates: `[${trustedCertificates.map(embed).join(', ')}]`,
    keypair: pair && keypair(pair),
  });
  const https = struct({ options, tlsOptions, certificateHost: certificateHost && text(certificateHost) });
  return struct({ name: text(service.name), external: struct({ address, https }) });
}

function socket(config: SocketConfig): string {
  const service = struct({
    name: text('gateway'),
    entrypoint: config.entrypoint && text(config.entrypoint),
    props: config.props === undefined ? undefined : struct({ json: text(JSON.stringify(config.props)) }),
  });
  const options = struct({
    cfBlobHeader: config.cfHeader && text(config.cfHeader),
    capnpConnectHost: config.rpc ? text(RPC_HOST) : undefined,
  });
  const { clientAuthority } = config;
  const tlsOptions =
    config.keypair &&
    struct({
      keypair: keypair(config.keypair),
      minVersion: config.minVersion,
      requireClientCerts: clientAuthority && 'true',
      trustedCertificates: clientAuthority && `[${embed(clientAuthority)}]`,
    });
  return struct({
    name: text(config.name),
    address: config.address && text(config.address),
    http: tlsOptions ? undefined : options,
    https: tlsOptions && struct({ options, tlsOptions }),
    service,
  });
}

function worker(config: WorkerConfig): string {
  const modules = config.modules.map(({ name, kind, file }) => struct({ name: text(name), [kind]: embed(file) }));
  const bindings = [
    ...config.json.map(({ name, file }) => struct({ name: text(name), json: embed(file) })),
    ...(config.texts ?? []).map(({ name, file }) => struct({ name: text(name), text: embed(file) })),
    ...(config.compiler ? [struct({ name: text(config.compiler), unsafeEval: 'void' })] : []),
    struct({ name: text('INTERNET'), service: text('internet') }),
    struct({ name: text('PUBLIC'), service: text('public') }),
    ...config.externals.map(({ name }) => struct({ name: text(name), service: text(name) })),
    ...(config.durableObjects?.classes ?? []).map(({ binding, className }) =>
      struct({ name: text(binding), durableObjectNamespace: text(className) }),
    ),
  ];
  const namespaces = (config.durableObjects?.classes ?? []).map(({ className }) =>
    struct({ className: text(className), uniqueKey: text(`bowsprit-${className}`), enableSql: 'true' }),
  );
  return struct({
    modules: list(modules),
    compatibilityDate: text(COMPATIBILITY_DATE),
    compatibilityFlags: '["nodejs_compat", "experimental"]',
    bindings: list(bindings),
    durableObjectNamespaces: namespaces.length ? list(namespaces) : undefined,
    durableObjectStorage: namespaces.length ? struct({ localDisk: text('disk') }) : undefined,
  });
}

/** Every address of these kinds; workerd looks at what a name resolves to. */
const network = (name: string, allow: string): string =>
  struct({ name: text(name), network: `(allow = ${allow}, tlsOptions = (trustBrowserCas = true))` });

/** The configuration of one workerd process, whose Worker is the service `gateway`. */
export function workerdConfig(config: WorkerConfig): string {
  const services = [
    struct({ name: text('gateway'), worker: '.worker' }),
    network('internet', '["public", "private"]'),
    network('public', '["public"]'),
    ...config.externals.map(external),
  ];
  if (config.durableObjects) {
    services.push(
      struct({ name: text('disk'), disk: struct({ path: text(config.durableObjects.disk), writable: 'true' }) }),
    );
  }
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  v8Flags = [${V8_FLAGS.map(text).join(', ')}],
  services = ${list(services)},
  sockets = ${list(config.sockets.map(socket))}
);
const worker :Workerd.Worker = ${worker(config)};
`;
}

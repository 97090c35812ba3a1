/** The Durable Object that keeps the configuration: objects, their log, tokens and the audit trail, and the API over them. */
import { DurableObject } from 'cloudflare:workers';
import { counterStoreOf } from '../../gateway/ratelimit/counters/stores.ts';
import type { ServedCount } from '../../gateway/served-count.ts';
import { Audit } from '../access/audit.ts';
import { authenticator } from '../access/authenticate.ts';
import { type AccessSettings, checkSettings } from '../access/settings.ts';
import { Tokens } from '../access/tokens.ts';
import { fetchInto, type ModuleKv } from '../modules/kv-modules.ts';
import type { Credential } from '../resources/tls-secret.ts';
import { createApp } from '../rest/app.ts';
import { born } from '../rest/metadata.ts';
import { parseTarget } from '../rest/target.ts';
import { credentialsIn, dockerConfigIn, touchesCredentials } from './credentials.ts';
import { type FloorSource, loadFloor } from './floor.ts';
import { COMPILED, Inventory } from './inventory.ts';
import { KvPublisher, type KvStore, type Wanted } from './kv-publisher.ts';
import { Locks } from './locks.ts';
import { ObjectStore } from './objects.ts';
import { Publisher } from './publisher.ts';
import { Sealer } from './sealer.ts';
import { Snapshots } from './snapshots.ts';
import { durableSql } from './sql.ts';
import { StagedRollouts } from './staged-rollouts.ts';
import { gatewayStream } from './stream.ts';
import type { FetchedModule, WantedModule } from './wanted-modules.ts';

export interface ControlEnv {
  CONTROL: DurableObjectNamespace<ControlStore>;
  /** The first admin token of a self-hosted start; nothing but its hash is kept. */
  BOOTSTRAP_TOKEN?: string;
  /** AES-256 key of Secrets at rest, 32 bytes in base64. Without it no Secret is taken. */
  SECRET_KEY?: string;
  /** Workers KV that the gateways read; absent where a parent process hands Snapshots over. */
  SNAPSHOTS?: KvStore & ModuleKv;
  /** AccessSettings: OpenID Connect issuers, Cloudflare Access, and who may what. */
  ACCESS?: unknown;
}

const ROLLOUT_TICK_MS = 1000;
const A_YEAR_MS = 365 * 24 * 3600 * 1000;

export class ControlStore extends DurableObject<ControlEnv> {
  private readonly app: ReturnType<typeof createApp>;
  private readonly publisher: Publisher;
  private readonly snapshots: Snapshots;
  private readonly openCredentials: () => Credential[];
  private readonly dockerConfig: (secret: { namespace: string; name: string }) => string | undefined;

  constructor(ctx: DurableObjectState, env: ControlEnv) {
    super(ctx, env);
    const sql = durableSql(ctx.storage);
    const store = new ObjectStore(sql);
    const tokens = new Tokens(sql);
    for (const namespace of ['default', 'istio-system']) makeNamespace(store, namespace);
    const snapshots = new Snapshots(sql);
    const inventory = new Inventory(store, COMPILED, () => publisher.schedule());
    const publisher: Publisher = new Publisher(store, inventory, snapshots, new StagedRollouts(sql));
    this.publisher = publisher;
    this.snapshots = snapshots;
    if (env.SNAPSHOTS) this.publishIn(env.SNAPSHOTS, new KvPublisher(sql, env.SNAPSHOTS, snapshots));
    publisher.schedule();
    const authenticate = authenticator(tokens, settingsOf(env));
    const sealer = env.SECRET_KEY ? new Sealer(env.SECRET_KEY) : undefined;
    this.openCredentials = () => credentialsIn(store, sealer);
    this.dockerConfig = (secret) => dockerConfigIn(store, sealer, secret);
    store.subscribe((change) => {
      if (touchesCredentials(change)) publisher.serveAgain();
    });
    const locks = new Locks(sql);
    const counters = counterStoreOf({ ...env });
    this.app = createApp({
      counters,
      locks,
      store,
      sealer,
      snapshots,
      publisher,
      tokens,
      audit: new Audit(sql),
      authenticate,
    });
    const { BOOTSTRAP_TOKEN } = env;
    if (BOOTSTRAP_TOKEN) {
      ctx.blockConcurrencyWhile(async () => {
        await tokens.bootstrap(BOOTSTRAP_TOKEN, Date.now() + A_YEAR_MS);
      });
    }
  }

  /** Whoever reads there cannot confirm, so what is written there counts as served. */
  private publishIn(store: ModuleKv, kv: KvPublisher): void {
    const { ctx, publisher, snapshots } = this;
    const write = (candidate?: Wanted['candidate']): void => {
      const live = snapshots.current?.snapshot;
      if (live === undefined) return;
      const written = kv.publish({ live, ...(candidate && { candidate }) }).then(() => publisher.confirm(live));
      ctx.waitUntil(
        written.catch((error: Error) => console.error(`control-api: KV cannot be written: ${error.message}`)),
      );
    };
    publisher.awaitConfirmations();
    publisher.follow({
      moved: () => write(),
      wants: () => {
        const fetched = fetchInto(store, this.wantedModules());
        ctx.waitUntil(fetched.then((modules) => publisher.learnModules(modules)));
      },
      staged: (id, percent) => {
        write(id === undefined ? undefined : { id, percent });
        if (id !== undefined) void ctx.storage.setAlarm(Date.now() + ROLLOUT_TICK_MS);
      },
    });
  }

  /** A rollout goes on though nobody calls, and this object would be put away. */
  override async alarm(): Promise<void> {
    this.publisher.count();
    if (this.publisher.isSharing) await this.ctx.storage.setAlarm(Date.now() + ROLLOUT_TICK_MS);
  }

  /** From gateways that read what is published; gives the percentage that the candidate gets from now on. */
  shared(id: string, counts: ServedCount[]): number {
    return this.publisher.share(id, counts);
  }

  /** What the objects are laid over. */
  setFloor(source: FloorSource): void {
    this.publisher.setFloor(loadFloor(source));
  }

  /** The id of what is live, then of everything that becomes live, a line each. */
  live(): Response {
    return gatewayStream(this.snapshots, this.publisher);
  }

  /** What Gateways' `credentialName` may mean, keys included. */
  credentials(): Credential[] {
    return this.openCredentials();
  }

  wantedModules(): WantedModule[] {
    return this.publisher.wantedModules.map((reference) => {
      const { namespace = '', pullSecret } = reference;
      const dockerConfig = pullSecret && this.dockerConfig({ namespace, name: pullSecret });
      return { ...reference, ...(dockerConfig && { dockerConfig }) };
    });
  }

  learnModules(modules: FetchedModule[]): void {
    this.publisher.learnModules(modules);
  }

  /** The head of a kept Snapshot, or 404. */
  head(id: string): Response {
    const head = this.snapshots.head(id);
    return head ? Response.json(head) : new Response('', { status: 404 });
  }

  /** JSON of shards, a line each, in the order of `keys`. */
  shards(keys: string[]): Response {
    return new Response(keys.map((key) => this.snapshots.text(key)).join('\n'));
  }

  /** What came of a Snapshot at the gateways. */
  served(id: string, error: string | undefined): void {
    this.publisher.confirm(id, error);
  }

  staged(id: string, error: string | undefined): void {
    this.publisher.confirmStage(id, error);
  }

  counted(counts: ServedCount[]): void {
    this.publisher.count(counts);
  }

  override fetch(request: Request): Response | Promise<Response> {
    return this.app.fetch(request);
  }
}

/** Throws on settings that are wrong: to go on without them would let the wrong people in or out. */
function settingsOf({ ACCESS }: ControlEnv): AccessSettings {
  if (ACCESS === undefined || ACCESS === null) return {};
  const checked = checkSettings(typeof ACCESS === 'string' ? JSON.parse(ACCESS) : ACCESS);
  if ('error' in checked) throw new Error(`ACCESS: ${checked.error}`);
  return checked.settings;
}

/** The two namespaces that every mesh has; users make the others. */
function makeNamespace(store: ObjectStore, name: string): void {
  const key = { resource: '/namespaces', namespace: '', name };
  if (store.get(key)) return;
  const target = parseTarget(`/api/v1/namespaces/${name}`);
  store.put(
    key,
    born({ apiVersion: 'v1', kind: 'Namespace', metadata: { name }, status: { phase: 'Active' } }, target),
  );
}

/** Where the Worker finds the Snapshot, folded once and kept for as long as the Snapshot is the current one. */
import type { GatewayEnv } from './bindings.ts';
import { Gateway } from './gateway.ts';
import type { ServedCount } from './served-count.ts';
import { finishInSlices } from './sliced.ts';
import type { Snapshot } from './snapshot.ts';
import type { SnapshotStore } from './snapshot-generation.ts';
import { KvSnapshots, type Prepare, type Report } from './snapshot-kv.ts';

let current: Gateway | undefined;
/** A Snapshot that only some requests get, until it has shown that it works. */
let candidate: { gateway: Gateway; percent: number } | undefined;

/** The Snapshot that was published last, else the one that the Worker was started with; for some requests the candidate. */
export function gatewayOf(env: GatewayEnv): Gateway {
  current ??= new Gateway(env.SNAPSHOT);
  return candidate !== undefined && Math.random() * 100 < candidate.percent ? candidate.gateway : current;
}

let published: KvSnapshots | undefined;

/** Where Snapshots are published for isolates to read. */
export interface PublishedIn {
  store: SnapshotStore;
  /** Who decides about staged rollouts; absent: there are none. */
  report: Report | undefined;
  /** What a Snapshot needs before requests are served with it; rejects: the one before stays. */
  prepare?: Prepare | undefined;
}

/** The same where Snapshots are published to Workers KV. */
export async function publishedGateway(
  request: Request,
  env: GatewayEnv,
  { store, report, prepare }: PublishedIn,
  context: ExecutionContext,
): Promise<Gateway> {
  published ??= new KvSnapshots(store, report);
  const live = await published.gateway(new URL(request.url).host, (work) => context.waitUntil(work), prepare);
  return live ?? gatewayOf(env);
}

/** Every request from now on is served by `snapshot`; requests on their way keep theirs. */
export function publish(snapshot: Snapshot): void {
  serveWith(gatewayFor(snapshot));
}

/** The same once everything is ready that the first request would else wait for; until then requests are served as before. */
export async function publishWarm(snapshot: Snapshot): Promise<void> {
  const gateway = gatewayFor(snapshot);
  await finishInSlices(gateway.warm());
  serveWith(gateway);
}

/** `percent` of the requests get `snapshot` from now on. */
export async function stage(snapshot: Snapshot, percent: number): Promise<void> {
  const gateway = gatewayFor(snapshot);
  await finishInSlices(gateway.warm());
  candidate = { gateway, percent };
}

/** What the candidate has learned and counted stays when it is staged further, or becomes the one for all. */
const gatewayFor = (snapshot: Snapshot): Gateway =>
  candidate?.gateway.snapshot.id === snapshot.id ? candidate.gateway : new Gateway(snapshot);

function serveWith(gateway: Gateway): void {
  current = gateway;
  candidate = undefined;
}

/** No request gets the candidate any more. */
export function unstage(): void {
  candidate = undefined;
}

/** Those that requests may be answered with from now on. */
export function snapshotsInUse(): Snapshot[] {
  return [current, candidate?.gateway].flatMap((gateway) => (gateway ? [gateway.snapshot] : []));
}

/** What was answered with each Snapshot since this process has it. */
export function served(): ServedCount[] {
  const gateways = [current, candidate?.gateway].filter((gateway) => gateway !== undefined);
  return gateways.map(({ snapshot: { id }, requests, errors }) => ({ id, requests, errors }));
}

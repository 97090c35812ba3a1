/**
 * The whole way: the edge, a real Envoy as the mesh entry of `bowsprit mesh`, real Envoys as the sidecars of two subsets, with
 * certificates of two authorities, the edge's and the mesh's. Where the entry is behind a tunnel, one more sidecar for it.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../control-api/mesh/manifest.ts';
import { get } from '../support/client.ts';
import { type RunningEnvoy, startEnvoy } from '../support/envoy.ts';
import { freePort } from '../support/free-port.ts';
import { type Application, startApplication } from './application.ts';
import { Authority } from './certificates.ts';
import { ENTRY_IDENTITY, entryEnvoy, type MeshFiles, type Subsets, sidecarsEnvoy, tunnelEnvoy } from './entry-envoy.ts';

const BOWSPRIT = 'cli/bowsprit.mjs';
const EDGE_IDENTITY = 'URI:spiffe://bowsprit.example/edge';
const SERVER_NAME = 'DNS:bowsprit-entry.bowsprit-system.svc.cluster.local';
const TUNNEL_IDENTITY = 'URI:spiffe://cluster.local/ns/bowsprit-system/sa/cloudflared';

export interface StageOptions {
  /** The YAML; `entry` is where the MeshEntry has to point. */
  config(entry: number, jwks: string): string;
  tunnel?: boolean;
  meshConfig?: string;
}

export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'bowsprit-mesh-'));
  readonly certificates = join(this.folder, 'certs');
  readonly edgeAuthority = new Authority(this.folder, 'edge-ca');
  readonly meshAuthority = new Authority(this.folder, 'mesh-ca');
  readonly ports = { edge: 0, admin: 0, entry: 0, tunnel: 0 };
  readonly applications: Record<'v1' | 'v2', Application>;
  manifests: Manifest[] = [];
  /** The one that was started last. */
  entry: RunningEnvoy | undefined;
  readonly #stops: (() => void)[] = [];
  readonly #subsets: Subsets = {};
  #files: MeshFiles | undefined;

  private constructor(applications: Record<'v1' | 'v2', Application>) {
    this.applications = applications;
  }

  static async start(options: StageOptions): Promise<Stage> {
    const stage = new Stage({ v1: await startApplication('v1'), v2: await startApplication('v2') });
    try {
      await stage.#start(options);
    } catch (error) {
      stage.stop();
      throw error;
    }
    return stage;
  }

  async #start({ config, tunnel = false, meshConfig }: StageOptions): Promise<void> {
    for (const name of ['edge', 'admin', 'entry', 'tunnel'] as const) this.ports[name] = await freePort();
    mkdirSync(this.certificates);
    this.#files = this.#issue();
    const jwks = this.bowsprit('mesh', '--new-key', join(this.certificates, 'bowsprit-edge.jwk')).trim();
    const file = this.#write('config.yaml', config(tunnel ? this.ports.tunnel : this.ports.entry, jwks));
    const more = meshConfig === undefined ? [] : ['--mesh-config', this.#write('mesh.yaml', meshConfig)];
    const printed = this.bowsprit('mesh', '-f', file, ...more, '-o', 'json');
    this.manifests = (JSON.parse(printed) as { items: Manifest[] }).items;
    for (const version of ['v1', 'v2'] as const) {
      const application = this.applications[version].port;
      this.#subsets[version] = { sidecar: await freePort(), application };
    }
    this.#subsets.v2!.dead = [await freePort()];
    this.#stopLater(await startEnvoy(sidecarsEnvoy(this.#files, this.#subsets)));
    await this.startEntry();
    if (tunnel) await this.#startTunnel(this.#files);
    await this.#startEdge('-f', file, ...more);
  }

  #issue(): MeshFiles {
    const { edgeAuthority, meshAuthority, folder, certificates } = this;
    edgeAuthority.issue(join(folder, 'other'), 'URI:spiffe://bowsprit.example/other');
    edgeAuthority.issue(join(certificates, 'bowsprit-edge'), EDGE_IDENTITY);
    copyFileSync(edgeAuthority.certificate, join(certificates, 'bowsprit-edge.ca'));
    const workload = meshAuthority.issue(join(folder, 'entry-workload'), `URI:${ENTRY_IDENTITY}`);
    const sidecar = meshAuthority.issue(join(folder, 'sidecar'), 'URI:spiffe://cluster.local/ns/default/sa/reviews');
    return {
      entry: { ...edgeAuthority.issue(join(folder, 'entry'), SERVER_NAME), ca: edgeAuthority.certificate },
      entryWorkload: { ...workload, ca: meshAuthority.certificate },
      sidecar: { ...sidecar, ca: meshAuthority.certificate },
    };
  }

  /** One more process on the entry's port: Envoy shares a port with another Envoy that is about to go. */
  async startEntry(): Promise<void> {
    this.entry = this.#stopLater(
      await startEnvoy(entryEnvoy(this.manifests, this.#files!, this.ports.entry, this.#subsets)),
    );
  }

  async #startTunnel({ sidecar: { ca } }: MeshFiles): Promise<void> {
    const files = { ...this.meshAuthority.issue(join(this.folder, 'tunnel'), TUNNEL_IDENTITY), ca };
    this.#stopLater(await startEnvoy(tunnelEnvoy(files, this.ports.tunnel, this.ports.entry)));
  }

  async #startEdge(...configuration: string[]): Promise<void> {
    const { edge, admin } = this.ports;
    const ports = ['--listen', `80=${edge}`, '--admin', `127.0.0.1:${admin}`];
    const args = [BOWSPRIT, 'serve', ...configuration, '--certs', this.certificates, ...ports];
    const child: ChildProcess = spawn(process.execPath, args, { stdio: 'inherit' });
    this.#stops.push(() => child.kill('SIGTERM'));
    for (let tries = 0; tries < 200; tries++) {
      const ready = await get(admin, '/ready').then(
        ({ status }) => status === 200,
        () => false,
      );
      if (ready) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    throw new Error('the edge did not get ready');
  }

  #write(name: string, text: string): string {
    const file = join(this.folder, name);
    writeFileSync(file, text);
    return file;
  }

  #stopLater(envoy: RunningEnvoy): RunningEnvoy {
    this.#stops.push(() => envoy.stop());
    return envoy;
  }

  /** The command's standard output. */
  bowsprit(...args: string[]): string {
    return execFileSync(process.execPath, [BOWSPRIT, ...args], { encoding: 'utf8' });
  }

  /** Another certificate for the next entry that starts. */
  rotateEntry(): void {
    this.edgeAuthority.issue(join(this.folder, 'entry'), SERVER_NAME);
  }

  /** Another certificate for the edge, which is to take it while it runs. */
  rotateEdge(): void {
    this.edgeAuthority.issue(join(this.certificates, 'bowsprit-edge'), EDGE_IDENTITY);
  }

  /** What a client shows that has the certificate `name` of the folder. */
  shown(name: string): { cert: Buffer; key: Buffer } {
    return {
      cert: readFileSync(join(this.folder, `${name}.crt`)),
      key: readFileSync(join(this.folder, `${name}.key`)),
    };
  }

  stop(): void {
    for (const stop of this.#stops) stop();
    for (const application of Object.values(this.applications)) application.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

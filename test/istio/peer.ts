/** Istio's own control plane as a process beside the tests: built once from ./peer, asked over loopback. */
import { type ChildProcess, spawn } from 'node:child_process';
import { stop } from '../support/stop.ts';
import { builtPeer } from './build.ts';

/** What Istio's validating webhook says of one object; objects without errors or warnings are not listed. */
export interface Verdict {
  kind: string;
  namespace: string;
  name: string;
  errors?: string[];
  warnings?: string[];
}

export interface Translated {
  validation: Verdict[];
  /** Envoy's `static_resources`; each listener is on port 0 and named after its own port: `0.0.0.0_80`. */
  resources: { listeners?: unknown[]; clusters?: { loadAssignment?: object }[] };
}

/** Istio refuses the whole configuration. */
export class IstioError extends Error {}

export class IstioPeer {
  readonly #child: ChildProcess;
  readonly #port: number;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.#port = port;
  }

  /** Builds it if that has not been done: minutes when Go's caches are cold. Throws where that fails: a peers' suite never skips. @param settings Istio's own, as environment variables */
  static async start(settings: NodeJS.ProcessEnv = {}): Promise<IstioPeer> {
    const child = spawn(builtPeer(), { stdio: ['pipe', 'pipe', 'inherit'], env: { ...process.env, ...settings } });
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (data) => resolve(String(data)));
      child.once('error', reject).once('exit', (code) => reject(new Error(`the peer ended with ${code}`)));
    });
    return new IstioPeer(child, JSON.parse(line).port);
  }

  /** What the webhook says of each document: much quicker than a translation. */
  async validate(documents: readonly string[]): Promise<Verdict[][]> {
    return (await this.ask('validate', { documents })) as Verdict[][];
  }

  /** @param mesh Istio's MeshConfig in YAML */
  async translate(config: string, mesh = ''): Promise<Translated> {
    return (await this.ask('translate', { config, mesh })) as Translated;
  }

  /** Starts a control plane that debounces and pushes as Istio's own; gives the port on which it speaks xDS. One a process. */
  async serve(): Promise<number> {
    return ((await this.ask('serve', {})) as { port: number }).port;
  }

  /** Creates or replaces objects, as YAML or JSON documents, in the store of the control plane that is served. */
  async apply(documents: string): Promise<void> {
    await this.ask('apply', { config: documents });
  }

  /** Istio's own metrics, in Prometheus' text form. */
  async metrics(): Promise<string> {
    return (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
  }

  get pid(): number {
    return this.#child.pid!;
  }

  private async ask(what: string, question: object): Promise<unknown> {
    const url = `http://127.0.0.1:${this.#port}/${what}`;
    const signal = AbortSignal.timeout(60_000);
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(question), signal });
    const refused = !answer.ok && (await answer.text()).trim();
    if (answer.status === 422) throw new IstioError(refused || '');
    if (refused) throw new Error(refused);
    return answer.json();
  }

  stop(): Promise<void> {
    return stop(this.#child);
  }
}

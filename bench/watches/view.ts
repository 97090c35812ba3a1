/** A watch over HTTP that is kept open as an informer keeps it: it resumes from the last resourceVersion that it was told. */
import type { ClientRequest, IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { Connection, ControlClient } from '../../cli/control/client.ts';
import type { Labels, Ledger, Scope, Told } from './ledger.ts';

export interface ViewOptions extends Scope {
  name: string;
  /** `/apis/networking.istio.io/v1` */
  group: string;
  /** Further parameters: `labelSelector=team%3Da`. */
  query?: string;
  bookmarks: boolean;
  /** How long to ask for, and when to break off without a word; undefined: until the server ends it. */
  timeoutSeconds?: () => number;
  breakOffSeconds?: () => number;
  /** Asks for Tables, as kubectl does. */
  table?: boolean;
  /** Begins with what there is instead of with a list; `marked`: as newer informers do, which wait to be told where that ends. */
  fresh?: 'unmarked' | 'marked';
  /** Every event goes there too. */
  onEvent?: (told: Told) => void;
}

interface Event {
  type: string;
  object: { metadata: Meta; rows?: { object: { metadata: Meta } }[]; message?: string; code?: number };
}
interface Meta {
  name: string;
  namespace?: string;
  resourceVersion: string;
  labels?: Labels;
  annotations?: Labels;
}

/** The server says one a minute. */
const BOOKMARK_WITHIN_MS = 75_000;
const CONNECTED_WITHIN_MS = 30_000;
const AGAIN_MS = 200;
const SETTLED_MS = 5000;
/** What the server's log holds at least. */
const KEPT_CHANGES = 20_000;

export class View {
  readonly options: ViewOptions;
  events = 0;
  bookmarks = 0;
  opened = 0;
  expired = 0;
  /** The newest resourceVersion that it was told. */
  version = 0;
  /** Objects as the watch alone has told them, by `namespace/name`. */
  readonly objects = new Map<string, number>();
  readonly #connection: Connection;
  readonly #client: ControlClient;
  readonly #ledger: Ledger;
  #told: string[] = [];
  #checked = 0;
  #quietSince = 0;
  #changedAt = Date.now();
  #isOpen = false;
  #stopped = false;
  /** It was told where the present objects end, or did not ask. */
  #isMarked = true;
  #outgoing: ClientRequest | undefined;

  constructor(options: ViewOptions, connection: Connection, client: ControlClient, ledger: Ledger) {
    this.options = options;
    this.#connection = connection;
    this.#client = client;
    this.#ledger = ledger;
  }

  get #path(): string {
    const { group, namespace, resource } = this.options;
    return `${group}${namespace && `/namespaces/${namespace}`}/${resource}`;
  }

  async start(): Promise<void> {
    const { items, version } = await this.list();
    this.version = version;
    this.#checked = version;
    this.#isMarked = this.options.fresh !== 'marked';
    this.objects.clear();
    for (const [key, listed] of items) this.objects.set(key, listed);
    this.#connect(this.opened === 0 ? this.options.fresh : undefined);
  }

  /** What a list says now. */
  async list(): Promise<{ items: Map<string, number>; version: number }> {
    const { items, metadata } = (await this.#client.call('GET', `${this.#path}?${this.options.query ?? ''}`)) as {
      items: { metadata: Meta }[];
      metadata: Meta;
    };
    const entries = items.map(({ metadata: meta }): [string, number] => [keyOf(meta), Number(meta.resourceVersion)]);
    return { items: new Map(entries), version: Number(metadata.resourceVersion) };
  }

  #connect(fresh?: ViewOptions['fresh']): void {
    const { server, token, ca } = this.#connection;
    const { query = '', bookmarks, timeoutSeconds, breakOffSeconds, table } = this.options;
    const words = [
      query,
      'watch=true',
      bookmarks && 'allowWatchBookmarks=true',
      !fresh && `resourceVersion=${this.version}`,
    ];
    if (fresh === 'marked') words.push('sendInitialEvents=true&resourceVersionMatch=NotOlderThan');
    if (timeoutSeconds) words.push(`timeoutSeconds=${timeoutSeconds()}`);
    const accept = table ? 'application/json;as=Table;v=v1;g=meta.k8s.io' : 'application/json';
    const headers = { authorization: `Bearer ${token}`, accept };
    const url = `${server}${this.#path}?${words.filter(Boolean).join('&')}`;
    const outgoing = request(url, { headers, agent: false, ...(ca && { ca }) }, (answer) => this.#read(answer));
    outgoing
      .on('error', () => {})
      .on('close', () => this.#ended())
      .end();
    this.#outgoing = outgoing;
    if (breakOffSeconds) setTimeout(() => outgoing.destroy(), breakOffSeconds() * 1000).unref();
  }

  #read(answer: IncomingMessage): void {
    if (answer.statusCode === 410) return void answer.resume().on('end', () => this.#expire());
    if (answer.statusCode !== 200) this.#fail(`is answered ${answer.statusCode}`);
    this.opened++;
    this.#isOpen = true;
    this.#quietSince = this.#changedAt = Date.now();
    let rest = '';
    answer.setEncoding('utf8').on('data', (part: string) => {
      const lines = (rest + part).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line) this.#take(JSON.parse(line) as Event);
    });
    answer.on('error', () => {});
  }

  #take({ type, object }: Event): void {
    if (type === 'ERROR') return void (object.code === 410 ? this.#expire() : this.#fail(`ERROR ${object.message}`));
    const meta = (type !== 'BOOKMARK' && object.rows?.[0]?.object.metadata) || object.metadata;
    const version = Number(meta.resourceVersion);
    if (type === 'BOOKMARK') {
      this.bookmarks++;
      this.#isMarked ||= meta.annotations?.['k8s.io/initial-events-end'] === 'true';
      this.#quietSince = Date.now();
      if (version < this.version) this.#fail(`bookmark ${version} after ${this.version}`);
      this.version = version;
      return;
    }
    // What was there before a watch that began without a resourceVersion.
    if (this.options.fresh && this.opened === 1 && type === 'ADDED' && version <= this.#checked) return;
    if (version <= this.version) this.#fail(`${type} ${keyOf(meta)} ${version} after ${this.version}`);
    this.version = version;
    this.events++;
    this.#told.push(`${version} ${type} ${keyOf(meta)}`);
    if (type === 'DELETED') this.objects.delete(keyOf(meta));
    else this.objects.set(keyOf(meta), version);
    const { resource, onEvent } = this.options;
    onEvent?.({ version, type, resource, namespace: meta.namespace ?? '', name: meta.name, labels: meta.labels ?? {} });
  }

  /** 410 is right only for what the log no longer holds. */
  #expire(): void {
    this.expired++;
    if (this.version > this.#ledger.head - KEPT_CHANGES) this.#fail(`410 for ${this.version} at ${this.#ledger.head}`);
    this.#told = [];
    this.version = -1;
  }

  #ended(): void {
    if (this.#isOpen) this.#changedAt = Date.now();
    this.#isOpen = false;
    if (this.#stopped) return;
    setTimeout(() => {
      if (this.#stopped) return;
      if (this.version >= 0) this.#connect();
      else this.start().catch(() => this.#ended());
    }, AGAIN_MS);
  }

  /** Everything up to `due` has been told, once and in order. */
  check(due: number): void {
    const { bookmarks } = this.options;
    const since = Date.now() - this.#changedAt;
    if (!this.#isOpen && since > CONNECTED_WITHIN_MS) this.#fail(`has been closed for ${since} ms`);
    if (bookmarks && this.#isOpen && Date.now() - this.#quietSince > BOOKMARK_WITHIN_MS)
      this.#fail('gets no bookmarks');
    if (!this.#isOpen || since < SETTLED_MS || due <= this.#checked) return;
    if (!this.#isMarked) this.#fail('was not told where the present objects end');
    const expected = [...this.#ledger.expected(this.options, this.#checked, due)];
    const isDue = (line: string) => Number.parseInt(line, 10) <= due;
    const told = this.#told.filter(isDue);
    this.#told = this.#told.filter((line) => !isDue(line));
    this.#checked = due;
    const wrong = Math.max(
      expected.findIndex((line, i) => line !== told[i]),
      told.length > expected.length ? expected.length : -1,
    );
    if (wrong >= 0)
      this.#fail(`was told ${told[wrong]} (of ${told.length}) for ${expected[wrong]} (of ${expected.length})`);
  }

  /** What the watch has told is what a list says, but for what changes meanwhile. */
  async compare(): Promise<void> {
    const { items, version } = await this.list();
    for (let wait = 0; wait < 100 && this.#ledger.head < version; wait++) await new Promise((go) => setTimeout(go, 20));
    await new Promise((go) => setTimeout(go, 500));
    // One that has just connected anew is still being told what it missed.
    if (!this.#isOpen || Date.now() - this.#changedAt < SETTLED_MS || this.#ledger.head < version) return;
    const newer = [...this.#ledger.expected(this.options, version, this.#ledger.head)].map(
      (line) => line.split(' ')[2],
    );
    const differs = new Set(
      [...items.keys(), ...this.objects.keys()].filter((key) => items.get(key) !== this.objects.get(key)),
    );
    for (const key of newer) differs.delete(key ?? '');
    if (differs.size > 0) this.#fail(`differs from the list at ${version} in ${[...differs]}`);
  }

  #fail(problem: string): void {
    this.#ledger.fail(`${this.options.name} ${problem}`);
  }

  stop(): void {
    this.#stopped = true;
    this.#outgoing?.destroy();
  }
}

const keyOf = ({ namespace = '', name }: Meta): string => `${namespace}/${name}`;

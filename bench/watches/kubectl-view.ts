/** An unmodified `kubectl get --watch-only --output-watch-events`, started again whenever it ends, as people do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Ledger, Scope } from './ledger.ts';

const METADATA = '.object.metadata';
const LINE = `{.type} {${METADATA}.resourceVersion} {${METADATA}.namespace}/{${METADATA}.name}{"\\n"}`;

/** kubectl lists before it watches and prints none of it, so its first event says where it began; it may not be late. */
const FIRST_WITHIN_MS = 20_000;

export class KubectlView {
  readonly scope: Scope;
  readonly name: string;
  events = 0;
  opened = 0;
  readonly #kubeconfig: string;
  readonly #words: readonly string[];
  readonly #ledger: Ledger;
  #child: ChildProcess | undefined;
  #told: string[] = [];
  /** Undefined until the first event of this kubectl. */
  #checked: number | undefined;
  #openedAt = 0;
  #headThen = 0;
  #stopped = false;

  /** @param words of `kubectl get`: the kind and selectors */
  constructor(words: readonly string[], scope: Scope, kubeconfig: string, ledger: Ledger) {
    this.name = `kubectl get ${words.join(' ')}`;
    this.#words = words;
    this.scope = scope;
    this.#kubeconfig = kubeconfig;
    this.#ledger = ledger;
  }

  start(): void {
    const flags = ['--watch-only', '--output-watch-events', '-o', `jsonpath=${LINE}`];
    const child = spawn('kubectl', ['--kubeconfig', this.#kubeconfig, 'get', ...this.#words, ...flags]);
    this.#child = child;
    this.#told = [];
    this.#checked = undefined;
    this.#openedAt = Date.now();
    this.#headThen = this.#ledger.head;
    this.opened++;
    createInterface(child.stdout).on('line', (line) => this.#take(line));
    child.stderr.resume();
    child.on('close', () => {
      if (!this.#stopped) setTimeout(() => this.#stopped || this.start(), 2000);
    });
  }

  #take(line: string): void {
    const [type, version, key] = line.split(' ');
    this.#checked ??= Number(version) - 1;
    this.events++;
    this.#told.push(`${version} ${type} ${key}`);
  }

  /** Everything up to `due` has been told, once and in order, since its first event. */
  check(due: number): void {
    if (this.#checked === undefined) {
      const missed = [...this.#ledger.expected(this.scope, this.#headThen, due)].length;
      if (missed > 0 && Date.now() - this.#openedAt > FIRST_WITHIN_MS) this.#fail(`told nothing of ${missed} events`);
      return;
    }
    if (due <= this.#checked) return;
    const expected = [...this.#ledger.expected(this.scope, this.#checked, due)];
    const isDue = (line: string) => Number.parseInt(line, 10) <= due;
    const told = this.#told.filter(isDue);
    this.#told = this.#told.filter((line) => !isDue(line));
    this.#checked = due;
    if (told.join() !== expected.join()) this.#fail(`told ${told} for ${expected}`);
  }

  #fail(problem: string): void {
    this.#ledger.fail(`${this.name} ${problem}`);
  }

  stop(): void {
    this.#stopped = true;
    this.#child?.kill();
  }
}

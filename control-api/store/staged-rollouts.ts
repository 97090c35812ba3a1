/** The staged rollout under way, and the Snapshots that were taken back: both outlast a restart. */
import type { ServedCount } from '../../gateway/served-count.ts';
import { INGRESS_GATEWAY } from '../compile/processor.ts';
import type { Resource } from '../resources/resource.ts';
import type { RolloutSpec } from '../resources/types.gen.ts';
import { type Decision, Rollout, type RolloutState } from './rollout.ts';
import { firstRow, type Sql } from './sql.ts';

const SCHEMA = [
  'CREATE TABLE IF NOT EXISTS rollout (one INTEGER PRIMARY KEY CHECK (one = 1), state TEXT NOT NULL)',
  'CREATE TABLE IF NOT EXISTS taken_back (turn INTEGER PRIMARY KEY, snapshot TEXT NOT NULL UNIQUE, why TEXT NOT NULL)',
];
const KEPT_TAKEN_BACK = 50;

/** The object that counts: the oldest one in the root namespace. */
export function rolloutIn(resources: readonly Resource[]): RolloutSpec | undefined {
  const found = resources.find(
    ({ group, kind, metadata }) =>
      group === 'bowsprit.dev' && kind === 'Rollout' && metadata.namespace === INGRESS_GATEWAY.rootNamespace,
  );
  return found?.spec as RolloutSpec | undefined;
}

export class StagedRollouts {
  private readonly sql: Sql;
  private rollout: Rollout | undefined;

  constructor(sql: Sql) {
    this.sql = sql;
    for (const statement of SCHEMA) sql.exec(statement);
    const row = firstRow(sql.exec('SELECT state FROM rollout'));
    this.rollout = row && new Rollout(JSON.parse(String(row.state)) as RolloutState);
  }

  /** Who gets some of the requests, how many, and who caused it. */
  get current(): Pick<Rollout, 'candidate' | 'percent' | 'authors'> | undefined {
    return this.rollout;
  }

  begin(spec: RolloutSpec, candidate: string, stable: string, authors: readonly string[]): void {
    this.keep(Rollout.begin(spec, candidate, stable, authors, Date.now()));
  }

  end(): void {
    this.keep(undefined);
  }

  /** What was answered since the last call, where gateways tell it by themselves. */
  add(counts: readonly ServedCount[]): void {
    this.rollout?.add(counts);
  }

  /** By the whole `counts` of those who keep them, else by what was added. undefined: nothing is under way. */
  decide(counts?: readonly ServedCount[]): Decision | undefined {
    const decision = this.rollout?.decide(counts, Date.now());
    if (decision?.kind === 'abort' && this.rollout) this.takeBack(this.rollout.candidate, decision.why);
    if (this.rollout) this.keep(this.rollout);
    return decision;
  }

  /** Why the Snapshot gets no request any more; undefined: it was not taken back. */
  whyTakenBack(snapshot: string): string | undefined {
    return firstRow(this.sql.exec('SELECT why FROM taken_back WHERE snapshot = ?', snapshot))?.why?.toString();
  }

  private keep(rollout: Rollout | undefined): void {
    this.rollout = rollout;
    if (rollout) this.sql.exec('INSERT OR REPLACE INTO rollout VALUES (1, ?)', JSON.stringify(rollout));
    else this.sql.exec('DELETE FROM rollout');
  }

  private takeBack(snapshot: string, why: string): void {
    this.sql.exec('INSERT OR REPLACE INTO taken_back (snapshot, why) VALUES (?, ?)', snapshot, why);
    this.sql.exec('DELETE FROM taken_back WHERE turn <= (SELECT max(turn) FROM taken_back) - ?', KEPT_TAKEN_BACK);
  }
}

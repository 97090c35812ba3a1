/** `bowsprit rollback`: makes an earlier Snapshot live again; without an id, the history to choose from. */
import { Command } from 'commander';
import type { Publication } from '../control-api/store/snapshots.ts';
import { ControlClient, connectionFrom } from './control/client.ts';
import { type ControlCommandOptions, withControlOptions } from './control/options.ts';
import { action } from './exit.ts';

interface RollbackOptions extends ControlCommandOptions {
  diff?: boolean;
}

interface SnapshotDiff {
  changes: string[];
}

export function rollbackCommand(): Command {
  return withControlOptions(new Command('rollback').argument('[id]', 'a Snapshot of the history'))
    .description('make an earlier Snapshot live, until an object changes; without an id, list the history')
    .option('--diff', 'only say what would change')
    .action(action(rollback));
}

async function rollback(id: string | undefined, options: RollbackOptions): Promise<void> {
  const client = new ControlClient(connectionFrom(options.kubeconfig));
  if (id === undefined) return printHistory(client, options);
  if (options.diff) return printDiff(client, id, options);
  const publication = (await client.call('POST', `/bowsprit/v1/rollback/${encodeURIComponent(id)}`)) as unknown;
  const { snapshot, revision } = publication as Publication;
  if (options.output === 'json') console.log(JSON.stringify(publication, null, 2));
  else console.log(`Snapshot ${snapshot} is live again, as revision ${revision}, until an object changes`);
}

async function printHistory(client: ControlClient, { output }: RollbackOptions): Promise<void> {
  const history = (await client.call('GET', '/bowsprit/v1/publications')) as unknown as { items: Publication[] };
  if (output === 'json') return console.log(JSON.stringify(history, null, 2));
  for (const [index, { revision, snapshot, time, authors, reason }] of history.items.entries()) {
    const by = authors.length > 0 ? ` by ${authors.join(', ')}` : '';
    console.log(`${revision}  ${snapshot}  ${time}  ${reason}${by}${index === 0 ? '  (live)' : ''}`);
  }
}

async function printDiff(client: ControlClient, id: string, { output }: RollbackOptions): Promise<void> {
  const path = `/bowsprit/v1/snapshots/live/diff/${encodeURIComponent(id)}`;
  const diff = (await client.call('GET', path)) as unknown as SnapshotDiff;
  if (output === 'json') console.log(JSON.stringify(diff, null, 2));
  else console.log(diff.changes.join('\n') || 'nothing differs');
}

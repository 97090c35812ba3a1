/** `bowsprit diff`: what an apply of the files would change, or what lies between two published Snapshots. */
import { Command } from 'commander';
import { stringify } from 'yaml';
import { ControlClient, connectionFrom, messageOf } from './control/client.ts';
import { lineDiff } from './control/line-diff.ts';
import { type ApiObject, nameOf, pathOf, readObjects } from './control/objects.ts';
import { type FileOptions, managerOf, withFileOptions } from './control/options.ts';
import { action, CommandError, EXIT } from './exit.ts';

interface Difference {
  object: string;
  /** Lines with `+`, `-` or a space before them. */
  lines: string[];
}

export function diffCommand(): Command {
  return withFileOptions(
    new Command('diff').description('what an apply of the files would change; exit 1 when anything'),
  ).action(action(diff));
}

async function diff(options: FileOptions): Promise<void> {
  const objects = readObjects(options.filename, options.namespace);
  const client = new ControlClient(connectionFrom(options.kubeconfig));
  const differences: Difference[] = [];
  for (const object of objects) {
    const lines = await difference(client, object, options);
    if (lines.length > 0) differences.push({ object: nameOf(object), lines });
  }
  if (options.output === 'json') console.log(JSON.stringify({ differences }, null, 2));
  else for (const { object, lines } of differences) console.log(`${object}\n${lines.join('\n')}\n`);
  if (differences.length > 0) process.exitCode = EXIT.failed;
}

/** The server is asked, so that defaults and other managers' fields stand as they would after the apply. */
async function difference(client: ControlClient, object: ApiObject, { set }: FileOptions): Promise<string[]> {
  const live = await client.ask('GET', pathOf(object));
  const query = new URLSearchParams({ fieldManager: managerOf(set), dryRun: 'All', force: 'true' });
  const next = await client.ask('PATCH', `${pathOf(object)}?${query}`, object, 'application/apply-patch+yaml');
  if (next.status >= 300) throw new CommandError(`${nameOf(object)}: ${messageOf(next)}`, EXIT.failed);
  return lineDiff(live.status === 404 ? [] : linesOf(live.body), linesOf(next.body));
}

/** What a user writes: without status and what the server keeps in metadata. */
function linesOf({ status: _status, metadata, ...object }: Record<string, unknown>): string[] {
  const { name, namespace, labels, annotations } = metadata as Record<string, unknown>;
  const text = stringify({ ...object, metadata: { name, namespace, labels, annotations } }, { sortMapEntries: true });
  return text.trimEnd().split('\n');
}

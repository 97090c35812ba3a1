/** `bowsprit apply`: files to the control API, by server-side apply; made for CI, so it can run again and again. */
import { Command } from 'commander';
import { apiVersionOf, KINDS, type Kind } from '../control-api/rest/kinds.ts';
import { ControlClient, connectionFrom, messageOf } from './control/client.ts';
import { underLock } from './control/lock.ts';
import { type ApiObject, nameOf, pathOf, readObjects } from './control/objects.ts';
import { type FileOptions, managerOf, withFileOptions } from './control/options.ts';
import { action, CommandError, EXIT } from './exit.ts';

interface ApplyOptions extends FileOptions {
  prune?: boolean;
  dryRun?: boolean;
  forceConflicts?: boolean;
}

interface Outcome {
  object: string;
  result: 'created' | 'configured' | 'unchanged' | 'pruned' | 'failed';
  message?: string;
  warnings?: string[];
}

export function applyCommand(): Command {
  return withFileOptions(new Command('apply').description('bring the control API to what the files say'))
    .option('--prune', 'delete what an earlier apply of this set brought and the files no longer hold')
    .option('--dry-run', 'ask the server what would happen')
    .option('--force-conflicts', 'take fields over from other managers')
    .action(action(apply));
}

async function apply(options: ApplyOptions): Promise<void> {
  const objects = readObjects(options.filename, options.namespace);
  const client = new ControlClient(connectionFrom(options.kubeconfig));
  const work = () => applyAll(client, objects, options);
  const outcomes = options.dryRun ? await work() : await underLock(client, options.set, work);
  print(outcomes, options);
  if (outcomes.some(({ result }) => result === 'failed')) process.exitCode = EXIT.failed;
}

/** Nothing is pruned after a failure: what the files hold may then still be needed under its old name. */
async function applyAll(client: ControlClient, objects: ApiObject[], options: ApplyOptions): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const object of objects) outcomes.push(await applyOne(client, object, options));
  if (!options.prune || outcomes.some(({ result }) => result === 'failed')) return outcomes;
  return [...outcomes, ...(await prune(client, objects, options))];
}

async function applyOne(client: ControlClient, object: ApiObject, options: ApplyOptions): Promise<Outcome> {
  const before = await client.ask('GET', pathOf(object));
  const query = new URLSearchParams({ fieldManager: managerOf(options.set), fieldValidation: 'Strict' });
  if (options.dryRun) query.set('dryRun', 'All');
  if (options.forceConflicts) query.set('force', 'true');
  const answer = await client.ask('PATCH', `${pathOf(object)}?${query}`, object, 'application/apply-patch+yaml');
  const name = nameOf(object);
  if (answer.status >= 300) return { object: name, result: 'failed', message: messageOf(answer) };
  const result = before.status === 404 ? 'created' : same(before.body, answer.body) ? 'unchanged' : 'configured';
  return { object: name, result, ...(answer.warnings.length > 0 && { warnings: answer.warnings }) };
}

/** What the server counts as a change: managers' times and its own status aside. */
function same(before: Record<string, unknown>, after: Record<string, unknown>): boolean {
  const essence = ({ status: _status, ...object }: Record<string, unknown>) => {
    const { managedFields, resourceVersion: _version, ...metadata } = object.metadata as Record<string, unknown>;
    const owners = (managedFields as { time?: string }[]).map(({ time: _time, ...owner }) => owner);
    return JSON.stringify({ ...object, metadata, owners });
  };
  return essence(before) === essence(after);
}

async function prune(client: ControlClient, objects: ApiObject[], options: ApplyOptions): Promise<Outcome[]> {
  const wanted = new Set(objects.map(nameOf));
  const stale: ApiObject[] = [];
  for (const kind of KINDS) stale.push(...(await ownedBy(client, kind, managerOf(options.set))));
  const gone = stale.filter((object) => !wanted.has(nameOf(object)));
  return Promise.all(gone.map((object) => pruneOne(client, object, options)));
}

async function pruneOne(client: ControlClient, object: ApiObject, { dryRun }: ApplyOptions): Promise<Outcome> {
  const answer = await client.ask('DELETE', `${pathOf(object)}${dryRun ? '?dryRun=All' : ''}`);
  const done = answer.status < 300 || answer.status === 404;
  return { object: nameOf(object), result: done ? 'pruned' : 'failed', ...(!done && { message: messageOf(answer) }) };
}

/** Objects that this manager applied, in every namespace that we may list; Events and Namespaces are never ours to delete. */
async function ownedBy(client: ControlClient, kind: Kind, manager: string): Promise<ApiObject[]> {
  if (kind.kind === 'Event' || kind.kind === 'Namespace') return [];
  const apiVersion = apiVersionOf(kind.group, kind.versions[0]!);
  const answer = await client.ask('GET', `${kind.group ? '/apis' : '/api'}/${apiVersion}/${kind.plural}`);
  if (answer.status === 403) throw new CommandError(`--prune: ${messageOf(answer)}`, EXIT.failed);
  const items = (answer.body.items ?? []) as ApiObject[];
  return items
    .filter(({ metadata }) =>
      ((metadata.managedFields ?? []) as { manager: string; operation: string }[]).some(
        (entry) => entry.manager === manager && entry.operation === 'Apply',
      ),
    )
    .map((item) => ({ ...item, apiVersion, kind: kind.kind }));
}

function print(outcomes: readonly Outcome[], { output, dryRun }: ApplyOptions): void {
  if (output === 'json') console.log(JSON.stringify({ dryRun: dryRun === true, objects: outcomes }, null, 2));
  else
    for (const { object, result, message, warnings = [] } of outcomes) {
      for (const warning of warnings) console.error(`Warning: ${warning}`);
      const line = `${object} ${result}${message ? `: ${message}` : ''}${dryRun ? ' (dry run)' : ''}`;
      if (result === 'failed') console.error(line);
      else console.log(line);
    }
}

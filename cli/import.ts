/** `bowsprit import`: Ingress objects of ingress-nginx and Traefik's into ours, on standard output. */
import { Command } from 'commander';
import { importObjects } from '../control-api/import/import.ts';
import { action, CommandError, EXIT } from './exit.ts';
import { readSources } from './files.ts';
import { printFindings } from './findings.ts';
import { manifestsText } from './manifests-text.ts';
import { several } from './options.ts';

interface ImportOptions {
  filename: string[];
  namespace: string;
  output: string;
}

export function importCommand(): Command {
  return new Command('import')
    .description('turn Ingress objects of ingress-nginx and Traefik into ours')
    .option('-f, --filename <path>', 'file, folder or - (repeatable)', several, [])
    .option('-n, --namespace <name>', 'namespace of objects that name none', 'default')
    .option('-o, --output <format>', 'yaml or json', 'yaml')
    .action(action(run));
}

async function run({ filename, namespace, output }: ImportOptions): Promise<void> {
  if (filename.length === 0) throw new CommandError('-f says what to import', EXIT.usage);
  const { manifests, findings } = importObjects(readSources(filename), namespace);
  printFindings(findings);
  process.stdout.write(manifestsText(manifests, output));
}

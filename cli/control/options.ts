/** Options that every command which talks to the control API has. */
import { type Command, Option } from 'commander';
import { several } from '../options.ts';

export interface ControlCommandOptions {
  kubeconfig?: string;
  output: 'text' | 'json';
}

export interface FileOptions extends ControlCommandOptions {
  filename: string[];
  namespace: string;
  set: string;
}

export function withControlOptions(command: Command): Command {
  return command
    .option('--kubeconfig <file>', 'how to reach the control API')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'));
}

export function withFileOptions(command: Command): Command {
  return withControlOptions(command)
    .requiredOption('-f, --filename <path>', 'file, folder or - (repeatable)', several, [])
    .option('-n, --namespace <name>', 'namespace of objects that name none', 'default')
    .option('--set <name>', 'who owns these objects; every repository that is applied has its own', 'default');
}

/** Who owns the fields, as managedFields says it. */
export const managerOf = (set: string): string => `bowsprit-apply-${set}`;

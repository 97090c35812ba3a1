/** `bowsprit ratelimit …`: envoyproxy/ratelimit's API and its configuration's errors, without that service. */
import { Command } from 'commander';
import { runCheck } from './check.ts';

export function ratelimitCommand(): Command {
  const command = new Command('ratelimit').description("envoyproxy/ratelimit's API and configuration, without Redis");
  command
    .command('check')
    .description("print a configuration's errors, in the service's own words")
    .argument('<file...>', "envoyproxy/ratelimit's configuration files, one set")
    .option('-o, --output <format>', 'text or json', 'text')
    .action((files: string[], options: { output: string }) => {
      process.exitCode = runCheck(files, { ...options, mergeDomains: process.env.MERGE_DOMAIN_CONFIG === 'true' });
    });
  return command;
}

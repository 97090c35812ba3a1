/** `bowsprit ratelimit …`: envoyproxy/ratelimit's API and its configuration's errors, without that service. */
import { Command } from 'commander';
import { action } from '../exit.ts';
import { runCheck } from './check.ts';
import { mergesDomains } from './settings.ts';

export function ratelimitCommand(): Command {
  const command = new Command('ratelimit').description("envoyproxy/ratelimit's API and configuration, without Redis");
  command
    .command('check')
    .description("print a configuration's errors, in the service's own words")
    .argument('<file...>', "envoyproxy/ratelimit's configuration files, one set")
    .option('-o, --output <format>', 'text or json', 'text')
    .action((files: string[], options: { output: string }) => {
      process.exitCode = runCheck(files, { ...options, mergeDomains: mergesDomains(process.env) });
    });
  command
    .command('serve')
    .description("answer envoyproxy/ratelimit's HTTP /json API; its environment variables are honoured")
    .requiredOption('--config <file...>', 'configuration files or folders; loaded again when they change')
    .requiredOption('--listen <address>', 'host:port, or a port on 127.0.0.1')
    .option('--admin <address>', 'GET /counters shows usage, DELETE /counters?name= sets a counter back')
    .option('--test-clock', 'the header x-test-now (unix seconds) sets the time of a request', false)
    .option('--data <dir>', 'where the counters are kept (else until the process ends)')
    .option('--state <address>', 'state process that keeps the counters: host:port or the path of its Unix socket')
    .option('--certs <folder>', 'state.crt, state.key and state.ca.crt, for the state process of another machine')
    .action(action(async (options) => (await import('./serve.ts')).runServe(options)));
  return command;
}

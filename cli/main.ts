/** The `bowsprit` command: one file a command, this one only gathers them. */
import { Command } from 'commander';
import { ratelimitCommand } from './ratelimit/command.ts';

const program = new Command('bowsprit')
  .description("Istio's ingress gateway, moved to the edge")
  .version('0.1.0')
  .exitOverride((error) => {
    // sysexits: 64 is a wrong command line.
    process.exit(error.exitCode === 0 ? 0 : 64);
  });

program.addCommand(ratelimitCommand());

await program.parseAsync();

/** The `bowsprit` command: one file a command, this one only gathers them and imports no more of them than it must. */
import { enableCompileCache } from 'node:module';
import { Command } from 'commander';
import { EXIT } from './exit.ts';
import { VERSION, versionCommand } from './version.ts';

/** In the order in which `bowsprit help` shows them. Loaded on demand, since start-up time is every script's time. */
const COMMANDS: Record<string, () => Promise<Command>> = {
  serve: async () => (await import('./serve.ts')).serveCommand(),
  dev: async () => (await import('./dev.ts')).devCommand(),
  check: async () => (await import('./check.ts')).checkCommand(),
  explain: async () => (await import('./explain.ts')).explainCommand(),
  filter: async () => (await import('./filter.ts')).filterCommand(),
  apply: async () => (await import('./apply.ts')).applyCommand(),
  diff: async () => (await import('./diff.ts')).diffCommand(),
  rollback: async () => (await import('./rollback.ts')).rollbackCommand(),
  mesh: async () => (await import('./mesh.ts')).meshCommand(),
  import: async () => (await import('./import.ts')).importCommand(),
  deploy: async () => (await import('./deploy/command.ts')).deployCommand(),
  ratelimit: async () => (await import('./ratelimit/command.ts')).ratelimitCommand(),
  top: async () => (await import('./top.ts')).topCommand(),
  tail: async () => (await import('./tail.ts')).tailCommand(),
  completion: async () => (await import('./completion.ts')).completionCommand(allCommands),
  version: async () => versionCommand(),
};

function allCommands(): Promise<Command[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}

/** Commands of commands too end with our exit codes. */
function inherit(command: Command, parent: Command): Command {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
  return command;
}

// Compiled code of the modules is kept between runs; it saves more than a third of the start.
enableCompileCache();

const program = new Command('bowsprit')
  .description("Istio's ingress gateway, moved to the edge")
  .version(VERSION)
  .exitOverride((error) => {
    // sysexits: 64 is a wrong command line.
    process.exit(error.exitCode === 0 ? EXIT.fine : EXIT.usage);
  });

const wanted = COMMANDS[process.argv[2] ?? ''];
const loaded = wanted ? [wanted] : Object.values(COMMANDS);
for (const load of loaded) program.addCommand(inherit(await load(), program));
await program.parseAsync();

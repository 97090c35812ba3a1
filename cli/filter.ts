/** `bowsprit filter new | build | test | push`: from an empty folder to a filter in a registry. */
import { Command } from 'commander';
import { action } from './exit.ts';

interface BuildFlags {
  debug?: boolean;
}
interface TestFlags {
  envoy?: boolean;
}
interface PushFlags {
  username?: string;
  passwordStdin?: boolean;
}

export function filterCommand(): Command {
  const command = new Command('filter').description('write, test and publish Proxy-Wasm filters');
  command
    .command('new <name>')
    .description('a project that works: filter, test, example configuration')
    .action(action(async (name: string) => (await import('./filter/new.ts')).newProject(name)));
  command
    .command('build [folder]')
    .description('assembly/index.ts to build/<name>.wasm, its digest, a WasmPlugin and an OCI layout')
    .option('--debug', 'not optimised, with names')
    .action(
      action(async (folder = '.', flags: BuildFlags) => (await import('./filter/build.ts')).runBuild(folder, flags)),
    );
  command
    .command('test [folder]')
    .description('build, then run the tests of test/')
    .option('--envoy', 'send each request through a real Envoy too, and fail on differences')
    .action(
      action(async (folder = '.', flags: TestFlags) => (await import('./filter/test.ts')).runTests(folder, flags)),
    );
  command
    .command('push <image> [folder]')
    .description('build, push to oci://registry/repository:tag, and pull it back to be sure')
    .option('-u, --username <name>', 'else as docker login has left it')
    .option('--password-stdin', 'read the password from standard input')
    .action(
      action(async (image: string, folder = '.', flags: PushFlags) =>
        (await import('./filter/push.ts')).push(image, folder, flags),
      ),
    );
  return command;
}

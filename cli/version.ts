/** The version of this package, read from package.json so that it stands in one place. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Command, Option } from 'commander';

export const VERSION: string = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')).version;

/** `bowsprit version`: ours and the runtime's, as a bug report needs them. */
export function versionCommand(): Command {
  return new Command('version')
    .description('versions of Bowsprit and of the runtime under it')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(({ output }: { output: 'text' | 'json' }) => {
      const workerd: string = createRequire(import.meta.url)('workerd').version;
      const versions = { bowsprit: VERSION, workerd, node: process.versions.node };
      const lines = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
      console.log(output === 'json' ? JSON.stringify(versions) : lines.join('\n'));
    });
}

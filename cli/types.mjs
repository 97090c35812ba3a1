// Lets Node run our TypeScript where npm has installed it: inside node_modules Node itself strips no types.
import { readFileSync } from 'node:fs';
import * as modules from 'node:module';
import { fileURLToPath } from 'node:url';

const OWN = new URL('..', import.meta.url).href;

// A Node that is too old for this only starts a newer one.
if (OWN.includes('/node_modules/') && modules.stripTypeScriptTypes) {
  quietly(() => modules.stripTypeScriptTypes(''));
  modules.registerHooks({
    load(url, context, nextLoad) {
      if (!url.startsWith(OWN) || !url.endsWith('.ts')) return nextLoad(url, context);
      const source = modules.stripTypeScriptTypes(readFileSync(fileURLToPath(url), 'utf8'));
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

/** Node says once in a process that this is experimental; whoever runs a command need not know. */
function quietly(work) {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

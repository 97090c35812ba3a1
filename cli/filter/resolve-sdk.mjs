// Lets a project's tests import bowsprit-sdk before it is installed: its own copy counts, else the one beside this command.
import { registerHooks } from 'node:module';
import '../types.mjs';

const HARNESS = new URL('../../sdk/harness/index.ts', import.meta.url).href;

registerHooks({
  resolve(specifier, context, nextResolve) {
    if (specifier !== 'bowsprit-sdk/harness') return nextResolve(specifier, context);
    try {
      return nextResolve(specifier, context);
    } catch {
      return { url: HARNESS, shortCircuit: true };
    }
  },
});

/** The control API's Worker: every call goes to the one object that keeps the configuration. */
import type { ControlEnv } from './store/control-store.ts';

export { Parent } from './parent.ts';
export { Rollouts } from './rollouts.ts';
export { ControlStore } from './store/control-store.ts';

export default {
  fetch(request, env) {
    return env.CONTROL.getByName('control').fetch(request);
  },
} satisfies ExportedHandler<ControlEnv>;

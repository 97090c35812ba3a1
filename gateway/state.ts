/** The state process's Worker: the one place where things last. Gateway processes call it over workerd's RPC as `env.STATE`. */
import { CounterEntrypoint } from './ratelimit/counters/state.ts';

export { CounterObject } from './ratelimit/counters/object.ts';

export default class State extends CounterEntrypoint {}

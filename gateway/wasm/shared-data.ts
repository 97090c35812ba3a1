/** proxy_get_shared_data and proxy_set_shared_data: per vm_id, for as long as the isolate lives. */
import { Status } from './abi.ts';

export interface SharedValue {
  value: Uint8Array;
  cas: number;
}

export class SharedData {
  readonly #values = new Map<string, SharedValue>();
  #cas = 0;

  get(vmId: string, key: string): SharedValue | undefined {
    return this.#values.get(`${vmId}\0${key}`);
  }

  /** `cas` 0 overwrites whatever is there; a key that is not there is written whatever `cas` says (as in Envoy). */
  set(vmId: string, key: string, value: Uint8Array, cas: number): Status {
    const id = `${vmId}\0${key}`;
    const old = this.#values.get(id);
    if (old && cas !== 0 && cas !== old.cas) return Status.CasMismatch;
    this.#cas += 1;
    this.#values.set(id, { value, cas: this.#cas });
    return Status.Ok;
  }
}

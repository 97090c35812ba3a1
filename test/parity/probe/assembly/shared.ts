/** What the instances of a plugin share: data, queues, metrics. */
import * as abi from "bowsprit-sdk/assembly/abi";
import { VALUES } from "./choices";
import { OUT, text, value } from "./output";

export function shared(op: i32, a: u32, b: u32): string {
  const KEYS = ["key0", "key1", "absent"];
  const key = text(KEYS[a]);
  const p = changetype<usize>(key);
  if (op == 11) return value(abi.proxy_get_shared_data(p, key.byteLength, OUT, OUT + 4, OUT + 8), true);
  const CAS: u32[] = [0, 0xffffff, 0];
  if (a == 2) return "-";
  const v = text(VALUES[b]);
  return abi.proxy_set_shared_data(p, key.byteLength, changetype<usize>(v), v.byteLength, CAS[b]).toString();
}

let queueToken: u32 = 0;
export function queue(which: u32): string {
  const name = text("queue");
  const other = text("absent");
  const p = changetype<usize>(name);
  switch (which) {
    case 0: {
      const status = abi.proxy_register_shared_queue(p, name.byteLength, OUT);
      queueToken = load<u32>(OUT);
      return status.toString();
    }
    case 1: return abi.proxy_resolve_shared_queue(0, 0, p, name.byteLength, OUT).toString();
    case 2: return abi.proxy_resolve_shared_queue(0, 0, changetype<usize>(other), other.byteLength, OUT).toString();
    case 3: return abi.proxy_enqueue_shared_queue(queueToken, p, name.byteLength).toString();
    case 4: return value(abi.proxy_dequeue_shared_queue(queueToken, OUT, OUT + 4), true);
    case 5: return value(abi.proxy_dequeue_shared_queue(queueToken, OUT, OUT + 4), true);
    case 6: return abi.proxy_enqueue_shared_queue(9999, p, name.byteLength).toString();
    default: return value(abi.proxy_dequeue_shared_queue(9999, OUT, OUT + 4), true);
  }
}

let counter: u32 = 0;
let gauge: u32 = 0;
let histogram: u32 = 0;
export function metric(which: u32): string {
  const name = text("probe_" + (which < 3 ? which : 9).toString());
  switch (which) {
    case 0: {
      const status = abi.proxy_define_metric(0, changetype<usize>(name), name.byteLength, OUT);
      counter = load<u32>(OUT);
      return status.toString() + " " + (counter & 3).toString();
    }
    case 1: {
      const status = abi.proxy_define_metric(1, changetype<usize>(name), name.byteLength, OUT);
      gauge = load<u32>(OUT);
      return status.toString() + " " + (gauge & 3).toString();
    }
    case 2: {
      const status = abi.proxy_define_metric(2, changetype<usize>(name), name.byteLength, OUT);
      histogram = load<u32>(OUT);
      return status.toString() + " " + (histogram & 3).toString();
    }
    case 3: return abi.proxy_define_metric(3, changetype<usize>(name), name.byteLength, OUT).toString();
    case 4: return abi.proxy_increment_metric(counter, 2).toString();
    case 5: return abi.proxy_increment_metric(counter, -1).toString();
    case 6: return abi.proxy_increment_metric(gauge, -1).toString();
    case 7: return abi.proxy_record_metric(gauge, 7).toString();
    case 8: {
      const status = abi.proxy_get_metric(gauge, OUT);
      return status.toString() + (status == 0 ? " " + load<u64>(OUT).toString() : "");
    }
    // Its value depends on how often the plugin was configured.
    case 9: return abi.proxy_get_metric(counter, OUT).toString();
    case 10: return abi.proxy_record_metric(histogram, 3).toString() + abi.proxy_get_metric(histogram, OUT).toString();
    default: return abi.proxy_increment_metric(histogram, 1).toString() + abi.proxy_get_metric(4000, OUT).toString();
  }
}

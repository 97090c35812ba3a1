/** One call, by its number and its arguments. */
import * as abi from "bowsprit-sdk/assembly/abi";
import { PROPERTIES, VALUES } from "./choices";
import {
  proxy_get_header_map_size, proxy_get_status, proxy_grpc_call, proxy_grpc_cancel, proxy_grpc_close, proxy_grpc_send,
} from "./host-calls";
import { buffer, header } from "./messages";
import { OUT, text, value } from "./output";
import { metric, queue, shared } from "./shared";

function misc(which: u32): string {
  switch (which) {
    case 0: return abi.proxy_get_current_time_nanoseconds(OUT).toString();
    case 1: {
      const status = abi.proxy_get_log_level(OUT);
      return status.toString() + " " + load<u32>(OUT).toString();
    }
    case 2: return proxy_get_status(OUT + 8, OUT, OUT + 4).toString();
    case 3: return abi.proxy_log(9, 0, 0).toString();
    case 4: return abi.proxy_log(2, 0xfffffff0, 100).toString();
    case 5: return abi.proxy_get_header_map_value(0, 0xfffffff0, 100, OUT, OUT + 4).toString();
    case 6: return abi.proxy_get_property(0xfffffff0, 100, OUT, OUT + 4).toString();
    case 7: {
      const key = text("x-a");
      return abi.proxy_get_header_map_value(0, changetype<usize>(key), key.byteLength, 0xfffffff0, 0xfffffff0).toString();
    }
    default: return abi.proxy_set_buffer_bytes(0, 0, 0, 0xfffffff0, 100).toString();
  }
}

export function call(op: i32, a: u32, b: u32): string {
  switch (op) {
    case 0: case 1: case 2: case 3: return header(op, a, b);
    // The byte count differs with the headers that each side adds.
    case 4: return proxy_get_header_map_size(a, OUT).toString();
    case 5: {
      const status = abi.proxy_get_header_map_pairs(a, OUT, OUT + 4);
      const some = status == 0 && load<u32>(OUT, 4) > 0;
      if (some) heap.free(load<usize>(OUT));
      return status.toString() + (some ? " some" : " none");
    }
    case 6: case 7: case 8: return buffer(op, a, b);
    case 9: {
      const path = text(PROPERTIES[a]);
      return value(abi.proxy_get_property(changetype<usize>(path), path.byteLength, OUT, OUT + 4), true);
    }
    case 10: {
      const KEYS = ["my_key", "other", "request\0path"];
      const key = text(KEYS[a]);
      const v = text(VALUES[b]);
      return abi.proxy_set_property(changetype<usize>(key), key.byteLength, changetype<usize>(v), v.byteLength).toString();
    }
    case 11: case 12: return shared(op, a, b);
    case 13: return queue(a);
    case 14: return metric(a);
    case 15: {
      // Without headers, to a cluster that is not there, with a timeout below 0: none of them starts a call.
      const name = text(a < 2 ? "nowhere" : "upstream");
      return abi.proxy_http_call(changetype<usize>(name), name.byteLength, 0, 0, 0, 0, 0, 0, a % 2 == 0 ? 1000 : 0xffffffff, OUT).toString();
    }
    case 16: {
      const service = text("not a service");
      const p = changetype<usize>(service);
      if (a == 0) return proxy_grpc_call(p, service.byteLength, p, 3, p, 3, 0, 0, 0, 0, 100, OUT).toString();
      if (a == 1) return proxy_grpc_send(1, 0, 0, 0).toString();
      if (a == 2) return proxy_grpc_send(2, 0, 0, 0).toString();
      if (a == 3) return proxy_grpc_cancel(1).toString();
      return proxy_grpc_close(1).toString();
    }
    case 17: {
      const FUNCTIONS = ["nofunc", "clear_route_cache", ""];
      const name = text(FUNCTIONS[a]);
      return abi.proxy_call_foreign_function(changetype<usize>(name), name.byteLength, 0, 0, 0, 0).toString();
    }
    case 18: return a == 0 ? abi.proxy_set_effective_context(77777).toString() : abi.proxy_set_effective_context(1).toString();
    default: return misc(a);
  }
}

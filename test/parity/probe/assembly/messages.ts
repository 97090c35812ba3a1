/** Headers and bodies. */
import * as abi from "bowsprit-sdk/assembly/abi";
import { NAMES, VALUES } from "./choices";
import { proxy_get_buffer_status } from "./host-calls";
import { OUT, text, value } from "./output";

export function header(op: i32, map: u32, which: u32): string {
  // Only names that neither side gives a meaning are changed.
  const CHANGED = ["x-new", "x-a", "x-other"];
  const name = text(op == 0 ? NAMES[which] : CHANGED[which]);
  const p = changetype<usize>(name);
  const v = text(VALUES[which % 4]);
  if (op == 0) return value(abi.proxy_get_header_map_value(map, p, name.byteLength, OUT, OUT + 4), true);
  if (op == 1) return abi.proxy_add_header_map_value(map, p, name.byteLength, changetype<usize>(v), v.byteLength).toString();
  if (op == 2) return abi.proxy_replace_header_map_value(map, p, name.byteLength, changetype<usize>(v), v.byteLength).toString();
  return abi.proxy_remove_header_map_value(map, p, name.byteLength).toString();
}

export function buffer(op: i32, type: u32, how: u32): string {
  const STARTS: u32[] = [0, 2, 100, 0, 0xfffffff0];
  const LENGTHS: u32[] = [10000, 3, 5, 0, 0x20];
  if (op == 6) return value(abi.proxy_get_buffer_bytes(type, STARTS[how], LENGTHS[how], OUT, OUT + 4), true);
  if (op == 7) {
    const status = proxy_get_buffer_status(type, OUT, OUT + 4);
    return status != 0 ? status.toString() : "0 " + load<u32>(OUT).toString() + " " + load<u32>(OUT, 4).toString();
  }
  const data = text(VALUES[how % 4]);
  return abi.proxy_set_buffer_bytes(type, STARTS[how], LENGTHS[how], changetype<usize>(data), data.byteLength).toString();
}

/**
 * A filter that makes host calls and logs what each answers: all of a grid in every phase (`pluginConfig` = "grid"), or as
 * many random ones as the seed says ("seed=7"). The same module runs at the edge and in Envoy; the logs must be the same.
 */
import * as abi from "bowsprit-sdk/assembly/abi";
import "bowsprit-sdk/assembly/runtime";

const OUT: usize = memory.data(16);
let seed: u32 = 0;
let grid: bool = false;
let phase: string = "";
let reply: bool = false;

export function proxy_abi_version_0_2_1(): void {}
export function proxy_on_memory_allocate(size: usize): usize {
  return heap.alloc(size);
}

function log(text: string): void {
  const bytes = String.UTF8.encode(text);
  abi.proxy_log(2, changetype<usize>(bytes), bytes.byteLength);
}

/** xorshift32: the same numbers everywhere. */
function random(below: u32): u32 {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed % below;
}

/** Texts that are the same in both; anything long is its length. */
function value(status: u32, shown: bool): string {
  if (status != 0) return status.toString();
  const pointer = load<usize>(OUT);
  const size = load<u32>(OUT, 4);
  let text = "0";
  if (shown) {
    text += size > 40 ? "[" + size.toString() + "]" : "'";
    if (size <= 40) for (let i: u32 = 0; i < size; i++) {
      const byte = load<u8>(pointer + i);
      text += byte >= 32 && byte < 127 ? String.fromCharCode(byte) : "\\x" + byte.toString(16);
    }
    if (size <= 40) text += "'";
  }
  if (size > 0) heap.free(pointer);
  return text;
}

const NAMES: string[] = ["x-a", "X-Multi", "accept", "nope", "", ":path", ":status", ":method", "x-new"];
const VALUES: string[] = ["", "v", "longer value", "1"];
const PROPERTIES: string[] = [
  "plugin_name", "plugin_root_id", "plugin_vm_id", "request\0path", "request\0url_path", "request\0query", "request\0method",
  "request\0scheme", "request\0headers\0x-a", "request\0headers\0x-multi", "request\0protocol", "request\0host",
  "response\0code", "response\0code_details", "response\0flags", "connection\0mtls", "connection\0tls_version",
  "cluster_name", "route_name", "listener_direction", "node\0id", "nope", "", "metadata", "xds\0cluster_name", "my_key",
  "filter_state\0wasm.my_key", "request\0nope", "response\0nope", "source\0nope", "request", "request\0path\0x", "plugin_name\0x",
  "request\0referer", "request\0useragent", "request\0headers\0nope", "destination\0nope", "response\0headers\0x-up",
  "request\0path\0", "listener_metadata", "xds\0route_name",
];

function text(content: string): ArrayBuffer {
  return String.UTF8.encode(content);
}

/** Name, how many arguments it takes: number of choices of the first and the second. */
const OPS: string[] = [
  "get_header", "add", "replace", "remove", "map_size", "map_pairs", "buffer", "buffer_status", "set_buffer", "get_property",
  "set_property", "get_shared", "set_shared", "queue", "metric", "http_call", "grpc", "foreign", "effective", "misc",
];
function firstOf(op: i32): u32 {
  switch (op) {
    case 0: case 1: case 2: case 3: case 4: case 5: return 9;
    case 6: case 7: case 8: return 10;
    case 9: return PROPERTIES.length;
    case 10: case 11: case 12: return 3;
    case 13: return 8;
    case 14: return 12;
    case 15: return 4;
    case 16: return 5;
    case 17: return 3;
    case 18: return 2;
    default: return 9;
  }
}
function secondOf(op: i32): u32 {
  switch (op) {
    case 0: return NAMES.length;
    case 1: case 2: return 3;
    case 3: return 3;
    case 6: return 5;
    case 8: return 5;
    case 10: case 12: return 3;
    default: return 1;
  }
}

function header(op: i32, map: u32, which: u32): string {
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

function buffer(op: i32, type: u32, how: u32): string {
  const STARTS: u32[] = [0, 2, 100, 0, 0xfffffff0];
  const LENGTHS: u32[] = [10000, 3, 5, 0, 0x20];
  if (op == 6) return value(abi.proxy_get_buffer_bytes(type, STARTS[how], LENGTHS[how], OUT, OUT + 4), true);
  if (op == 7) {
    const status = get_status(type);
    return status != 0 ? status.toString() : "0 " + load<u32>(OUT).toString() + " " + load<u32>(OUT, 4).toString();
  }
  const data = text(VALUES[how % 4]);
  return abi.proxy_set_buffer_bytes(type, STARTS[how], LENGTHS[how], changetype<usize>(data), data.byteLength).toString();
}

@external("env", "proxy_get_buffer_status")
declare function proxy_get_buffer_status(type: u32, length: usize, flags: usize): u32;
@external("env", "proxy_get_header_map_size")
declare function proxy_get_header_map_size(type: u32, size: usize): u32;
@external("env", "proxy_grpc_call")
declare function proxy_grpc_call(a: usize, b: u32, c: usize, d: u32, e: usize, f: u32, g: usize, h: u32, i: usize, j: u32, k: u32, l: usize): u32;
@external("env", "proxy_grpc_send")
declare function proxy_grpc_send(token: u32, message: usize, size: u32, end: u32): u32;
@external("env", "proxy_grpc_cancel")
declare function proxy_grpc_cancel(token: u32): u32;
@external("env", "proxy_grpc_close")
declare function proxy_grpc_close(token: u32): u32;
@external("env", "proxy_get_status")
declare function proxy_get_status(code: usize, message: usize, size: usize): u32;

function get_status(type: u32): u32 {
  return proxy_get_buffer_status(type, OUT, OUT + 4);
}

function shared(op: i32, a: u32, b: u32): string {
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
function queue(which: u32): string {
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
function metric(which: u32): string {
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

function call(op: i32, a: u32, b: u32): string {
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

function one(op: i32, a: u32, b: u32): void {
  log(phase + " " + OPS[op] + ":" + a.toString() + ":" + b.toString() + " " + call(op, a, b));
}

function probe(name: string): void {
  phase = name;
  if (!grid) {
    const count = random(12);
    for (let i: u32 = 0; i < count; i++) {
      const op = <i32>random(OPS.length);
      if (op != 18) one(op, random(firstOf(op)), random(secondOf(op)));
    }
    return;
  }
  for (let op = 0; op < OPS.length; op++) {
    if (op == 18) {
      one(op, 0, 0);
      continue;
    }
    for (let a: u32 = 0; a < firstOf(op); a++) for (let b: u32 = 0; b < secondOf(op); b++) one(op, a, b);
  }
}

export function proxy_on_context_create(id: u32, parent: u32): void {
  if (parent != 0) probe("create");
}
export function proxy_on_configure(id: u32, size: u32): u32 {
  abi.proxy_get_buffer_bytes(7, 0, size, OUT, OUT + 4);
  const config = String.UTF8.decodeUnsafe(load<usize>(OUT), load<u32>(OUT, 4));
  heap.free(load<usize>(OUT));
  grid = config == "grid";
  if (!grid) seed = <u32>parseInt(config.substring(5)) * 2654435761 + 1;
  // Envoy configures a plugin three times (check, main thread, worker): only what leaves no trace is tried here.
  if (grid) probe("configure");
  return 1;
}
export function proxy_on_request_headers(id: u32, n: u32, end: u32): u32 {
  probe("request_headers");
  if (!grid && random(12) == 0) {
    const body = text("local reply");
    log("reply " + abi.proxy_send_local_response(418, 0, 0, changetype<usize>(body), body.byteLength, 0, 0, -1).toString());
    return random(2);
  }
  return 0;
}
export function proxy_on_request_body(id: u32, size: u32, end: u32): u32 {
  log("request_body " + size.toString() + " " + end.toString());
  probe("request_body");
  return !grid && end == 0 ? random(2) : 0;
}
export function proxy_on_response_headers(id: u32, n: u32, end: u32): u32 {
  probe("response_headers");
  return 0;
}
export function proxy_on_response_body(id: u32, size: u32, end: u32): u32 {
  log("response_body " + size.toString() + " " + end.toString());
  probe("response_body");
  return !grid && end == 0 ? random(2) : 0;
}
export function proxy_on_log(id: u32): void {
  probe("log");
}
export function proxy_on_done(id: u32): u32 {
  probe("done");
  return 1;
}
export function proxy_on_delete(id: u32): void {
  log("delete");
}

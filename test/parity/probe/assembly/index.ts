/**
 * A filter that makes host calls and logs what each answers: all of a grid in every phase (`pluginConfig` = "grid"), or as
 * many random ones as the seed says ("seed=7"). The same module runs at the edge and in Envoy; the logs must be the same.
 */
import * as abi from "bowsprit-sdk/assembly/abi";
import "bowsprit-sdk/assembly/runtime";
import { call } from "./call";
import { firstOf, OPS, secondOf } from "./choices";
import { log, OUT, text } from "./output";

let seed: u32 = 0;
let grid: bool = false;
let phase: string = "";

export function proxy_abi_version_0_2_1(): void {}
export function proxy_on_memory_allocate(size: usize): usize {
  return heap.alloc(size);
}

/** xorshift32: the same numbers everywhere. */
function random(below: u32): u32 {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed % below;
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

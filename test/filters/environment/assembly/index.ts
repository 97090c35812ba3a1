/** Answers with the environment that WASI shows it: NAME=VALUE, a line each. */
import { Action, HttpFilter, RequestHeaders } from "bowsprit-sdk";

@external("wasi_snapshot_preview1", "environ_sizes_get")
declare function environ_sizes_get(count: usize, size: usize): u32;
@external("wasi_snapshot_preview1", "environ_get")
declare function environ_get(pointers: usize, buffer: usize): u32;

const countOut = memory.data(4);
const sizeOut = memory.data(4);

export class Environment extends HttpFilter {
  onRequestHeaders(request: RequestHeaders): Action {
    environ_sizes_get(countOut, sizeOut);
    const pointers = new StaticArray<u32>(max<i32>(load<u32>(countOut), 1));
    const buffer = new Uint8Array(load<u32>(sizeOut));
    environ_get(changetype<usize>(pointers), buffer.dataStart);
    return request.reply(200, String.UTF8.decodeUnsafe(buffer.dataStart, buffer.length).replaceAll("\0", "\n"));
  }
}

/** Calls the foreign function that a request names, with the bytes of its body, and answers with status and result. */
import { Action, DataAction, HttpFilter, RequestBody, RequestHeaders } from "bowsprit-sdk";
import * as abi from "bowsprit-sdk/assembly/abi";

const pointerOut = memory.data(4);
const sizeOut = memory.data(4);

export class Foreign extends HttpFilter {
  private name: string = "";

  onRequestHeaders(request: RequestHeaders): Action {
    this.name = request.path.slice(1);
    return Action.Continue;
  }

  onRequestBody(body: RequestBody): DataAction {
    if (!body.endOfStream) return DataAction.Buffer;
    const input = body.bytes();
    const name = String.UTF8.encode(this.name);
    store<u32>(pointerOut, 0);
    store<u32>(sizeOut, 0);
    const status = abi.proxy_call_foreign_function(
      changetype<usize>(name), name.byteLength, input.dataStart, input.byteLength, pointerOut, sizeOut,
    );
    let hex = "";
    const pointer = load<u32>(pointerOut);
    if (status == 0) for (let i: u32 = 0; i < load<u32>(sizeOut); i++) hex += (0x100 + <i32>load<u8>(pointer + i)).toString(16).slice(1);
    body.reply(200, status.toString() + " " + hex);
    return DataAction.Hold;
  }
}

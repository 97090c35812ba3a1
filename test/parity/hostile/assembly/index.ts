/** A filter that does what its path says, and none of it is good. */
import { Action, HttpFilter, RequestHeaders, ResponseHeaders } from "bowsprit-sdk";
import * as abi from "bowsprit-sdk/assembly/abi";

const kept: Array<Uint8Array> = [];

export class Hostile extends HttpFilter {
  private path: string = "";

  onRequestHeaders(request: RequestHeaders): Action {
    this.path = request.path;
    if (this.path == "/trap") unreachable();
    if (this.path == "/loop") while (true) memory.fill(0, 0, 0);
    if (this.path == "/bomb") while (true) kept.push(new Uint8Array(1 << 20));
    if (this.path == "/pointers") {
      abi.proxy_get_header_map_value(0, 0xffffff00, 0xffff, 0xfffffff0, 0xfffffff0);
      abi.proxy_set_header_map_pairs(0, 0xffffff00, 0xffff);
      abi.proxy_send_local_response(200, 0, 0, 0xffffff00, 0xffffff, 0, 0, -1);
      abi.proxy_http_call(0xffffff00, 99, 0, 99999999, 0, 0, 0, 0, 10, 0xffffffff);
    }
    if (this.path == "/forever") return Action.Pause;
    if (this.path == "/huge") request.set("x-huge", "x".repeat(1 << 20));
    if (this.path == "/forbidden") request.set("bad name\r\n", "a\r\nb: c");
    return Action.Continue;
  }
  onResponseHeaders(response: ResponseHeaders): Action {
    if (this.path == "/latetrap") unreachable();
    return Action.Continue;
  }
}

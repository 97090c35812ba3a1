import { Action, HttpFilter, RequestHeaders, ResponseHeaders } from "bowsprit-sdk";

/** Three reads and two writes. */
export class Three extends HttpFilter {
  onRequestHeaders(request: RequestHeaders): Action {
    const path = request.path;
    const agent = request.get("user-agent");
    const cookie = request.get("cookie");
    request.add("x-length", (path.length + (agent === null ? 0 : agent.length) + (cookie === null ? 0 : cookie.length)).toString());
    return Action.Continue;
  }
  onResponseHeaders(response: ResponseHeaders): Action {
    response.add("x-filter", "ran");
    return Action.Continue;
  }
}

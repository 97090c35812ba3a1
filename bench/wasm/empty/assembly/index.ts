import { Action, HttpFilter, RequestHeaders, ResponseHeaders } from "bowsprit-sdk";

/** Callbacks that do nothing. */
export class Empty extends HttpFilter {
  onRequestHeaders(request: RequestHeaders): Action {
    return Action.Continue;
  }
  onResponseHeaders(response: ResponseHeaders): Action {
    return Action.Continue;
  }
}

/** A filter that calls where its request's headers say, and answers with what came of it. */
import { Action, CallResponse, HttpCall, HttpFilter, RequestHeaders } from "bowsprit-sdk";

export class Caller extends HttpFilter {
  onRequestHeaders(request: RequestHeaders): Action {
    const cluster = request.get("x-call-cluster");
    if (cluster === null) return Action.Continue;
    const authority = request.get("x-call-authority");
    const call = new HttpCall(cluster, "GET", "/called", authority === null ? "auth.example" : authority);
    const status = this.send(call);
    return status == 0 ? Action.Pause : request.reply(418, "status " + (status as i32).toString());
  }

  onCallResponse(response: CallResponse): void {
    this.reply(200, "answered " + response.status.toString());
  }
}

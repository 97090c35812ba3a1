/** A filter whose path says what it does to the stream; it logs every callback as it comes. */
import {
  Action, CallResponse, Configuration, DataAction, HttpCall, HttpFilter, log, LogEntry, Plugin, RequestBody, RequestHeaders, ResponseBody,
  ResponseHeaders, Status,
} from "bowsprit-sdk";
import * as abi from "bowsprit-sdk/assembly/abi";

export class Flows extends Plugin {
  /** Clusters have longer names in Istio. */
  prefix: string = "";
  suffix: string = "";

  onConfigure(configuration: Configuration): bool {
    const json = configuration.json();
    if (json === null) return false;
    this.prefix = json.getString("prefix");
    this.suffix = json.getString("suffix");
    return true;
  }
  createFilter(): HttpFilter {
    return new FlowsFilter(this);
  }
}

class FlowsFilter extends HttpFilter {
  private path: string = "";
  private calls: i32 = 0;

  constructor(private plugin: Flows) {
    super();
  }

  onRequestHeaders(request: RequestHeaders): Action {
    this.path = request.path;
    log.info("request_headers " + this.path + " " + request.endOfStream.toString());
    if (this.path == "/local") return request.reply(418, "local!");
    if (this.path == "/localgo") {
      request.reply(418, "local!");
      return Action.Continue;
    }
    if (this.path == "/localtwice") {
      request.reply(418, "first");
      return request.reply(419, "second");
    }
    if (this.path == "/pause" || this.path == "/calllocal" || this.path == "/two") return this.ask("up");
    if (this.path == "/dead") return this.ask("dead");
    if (this.path == "/unknown") return this.ask("unknown");
    if (this.path == "/slow") return this.ask("slow");
    if (this.path == "/headers") {
      request.set("x-set", "1");
      request.add("x-set", "2");
      request.remove("x-gone");
      request.path = "/changed?a=b";
      request.set(":method", "PUT");
    }
    if (this.path == "/upper" || this.path == "/append" || this.path == "/drop") request.remove("content-length");
    return Action.Continue;
  }

  private ask(cluster: string): Action {
    const call = new HttpCall(this.plugin.prefix + cluster + this.plugin.suffix, "GET", "/ask", "auth.example");
    call.header("x-from", this.path);
    call.timeoutMs = 400;
    const status = this.send(call);
    log.info("call " + (status as i32).toString());
    return status == Status.Ok ? Action.Pause : Action.Continue;
  }

  onCallResponse(response: CallResponse): void {
    this.calls++;
    const status = response.status;
    log.info("call_response " + status.toString() + " " + (status == 200 ? response.text() : ""));
    const request = this.pausedRequest();
    log.info("sees " + (request === null ? "no request" : request.path));
    if (this.path == "/calllocal") {
      this.reply(401, "local!");
      return;
    }
    if (this.path == "/two" && this.calls == 1) {
      this.ask("up");
      return;
    }
    if (request !== null) {
      request.set("x-call", status.toString());
      this.resumeRequest();
    }
    const answer = this.pausedResponse();
    if (answer !== null) {
      answer.set("x-call", status.toString());
      this.resumeResponse();
    }
  }

  onRequestBody(body: RequestBody): DataAction {
    log.info("request_body " + body.size.toString() + " " + body.endOfStream.toString() + " " + body.text());
    if (this.path == "/bodylocal") return body.reply(413, "local!");
    if (this.path == "/upper") {
      if (!body.endOfStream) return DataAction.Buffer;
      body.replace(body.text().toUpperCase());
    }
    if (this.path == "/append") body.append("+");
    if (this.path == "/prepend" ) body.prepend("");
    if (this.path == "/drop" && !body.endOfStream) return DataAction.Drop;
    if (this.path == "/hold" && !body.endOfStream) return DataAction.Hold;
    return DataAction.Continue;
  }

  onResponseHeaders(response: ResponseHeaders): Action {
    log.info("response_headers " + response.status.toString() + " " + response.endOfStream.toString());
    response.set("x-seen", "yes");
    if (this.path == "/replylocal") return response.reply(502, "local!");
    if (this.path == "/respcall") return this.ask("up");
    if (this.path == "/respupper") response.remove("content-length");
    if (this.path == "/status") response.status = 299;
    return Action.Continue;
  }

  onResponseBody(body: ResponseBody): DataAction {
    log.info("response_body " + body.size.toString() + " " + body.endOfStream.toString());
    if (this.path == "/respupper") {
      if (!body.endOfStream) return DataAction.Buffer;
      body.replace("NEW");
    }
    return DataAction.Continue;
  }

  onLog(entry: LogEntry): void {
    const path = entry.request.get(":path");
    const status = entry.response.get(":status");
    log.info("log " + (path === null ? "none" : path) + " " + (status === null ? "none" : status));
  }
  onDone(): void {
    log.info("done");
  }
}

/** What authors extend. Only the methods that are overridden become exports of the module: the host calls no others. */
import * as abi from "./abi";
import { CallResponse, HttpCall } from "./callout";
import { Configuration } from "./configuration";
import { OUT_VALUE } from "./memory";
import {
  LogEntry, RequestBody, RequestHeaders, RequestTrailers, ResponseBody, ResponseHeaders, ResponseTrailers,
} from "./messages";
import { Header } from "./pairs";
import { sendReply } from "./reply";
import { calls, pausedRequest, pausedResponse } from "./state";
import { Action, DataAction, Status } from "./types";

/** One request. Keep in fields what later callbacks need. */
export class HttpFilter {
  /** Set by the runtime before any callback. */
  contextId: u32 = 0;
  /** Set by the runtime: in which headers callback the stream is paused. */
  pausedIn: u32 = 0;

  onRequestHeaders(request: RequestHeaders): Action {
    return Action.Continue;
  }
  onRequestBody(body: RequestBody): DataAction {
    return DataAction.Continue;
  }
  onRequestTrailers(trailers: RequestTrailers): Action {
    return Action.Continue;
  }
  onResponseHeaders(response: ResponseHeaders): Action {
    return Action.Continue;
  }
  onResponseBody(body: ResponseBody): DataAction {
    return DataAction.Continue;
  }
  onResponseTrailers(trailers: ResponseTrailers): Action {
    return Action.Continue;
  }
  /** The answer to a call of send(). Then resumeRequest(), resumeResponse() or reply(). */
  onCallResponse(response: CallResponse): void {}
  /** The request is over. */
  onLog(entry: LogEntry): void {}
  onDone(): void {}

  /** Starts a call; return Action.Pause to wait for its answer in onCallResponse(). */
  send(call: HttpCall): Status {
    const status = call.start();
    if (status == Status.Ok) calls.set(call.token, this.contextId);
    return status;
  }
  resumeRequest(): Status {
    this.pausedIn = 0;
    return abi.proxy_continue_stream(0);
  }
  resumeResponse(): Status {
    this.pausedIn = 0;
    return abi.proxy_continue_stream(1);
  }
  reply(status: u32, body: string = "", headers: Header[] = [], details: string = ""): Status {
    return sendReply(status, body, headers, details);
  }
  /** The headers of the request, while it is paused in onRequestHeaders: otherwise null, since Envoy does not show them. */
  pausedRequest(): RequestHeaders | null {
    return this.pausedIn == 1 ? pausedRequest : null;
  }
  /** The same for onResponseHeaders. */
  pausedResponse(): ResponseHeaders | null {
    return this.pausedIn == 2 ? pausedResponse : null;
  }
}

/** One configured use of the filter: reads the configuration once, makes a filter for each request. */
export class Plugin {
  /** false refuses the configuration; failStrategy then says what happens to requests. */
  onConfigure(configuration: Configuration): bool {
    return true;
  }
  createFilter(): HttpFilter {
    return new HttpFilter();
  }
  /** See setTickPeriod. At the edge: with the first request after it is due. */
  onTick(): void {}
  onQueueReady(queue: u32): void {}
  onCallResponse(response: CallResponse): void {}

  send(call: HttpCall): Status {
    const status = call.start();
    if (status == Status.Ok) calls.set(call.token, 0);
    return status;
  }
  setTickPeriod(milliseconds: u32): Status {
    return abi.proxy_set_tick_period_milliseconds(milliseconds);
  }
}

/** Unix time in nanoseconds. At the edge it stands still while code runs. */
export function now(): i64 {
  return abi.proxy_get_current_time_nanoseconds(OUT_VALUE) == Status.Ok ? load<i64>(OUT_VALUE) : 0;
}

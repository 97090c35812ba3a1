/**
 * From the host's callbacks to the author's methods. The build writes a small entry that exports one function for each
 * method that is overridden; each calls its twin here.
 */
import * as abi from "./abi";
import { CallResponse } from "./callout";
import { Configuration } from "./configuration";
import { HttpFilter, Plugin } from "./filter";
import { FilterTable } from "./filter-table";
import { LogEntry, RequestBody, RequestTrailers, ResponseBody, ResponseTrailers } from "./messages";
import { calls, pausedRequest, pausedResponse } from "./state";
import { Action } from "./types";

const plugins = new Map<u32, Plugin>();
const filters = new FilterTable();
const requestBody = new RequestBody();
const responseBody = new ResponseBody();
const requestTrailers = new RequestTrailers();
const responseTrailers = new ResponseTrailers();
const logEntry = new LogEntry();
const callResponse = new CallResponse();
const configuration = new Configuration();

/** A root context when it has no parent: then `plugin` is kept; otherwise the parent's plugin makes a filter. */
export function contextCreate(id: u32, parent: u32, makePlugin: () => Plugin): void {
  if (parent == 0) {
    plugins.set(id, makePlugin());
    return;
  }
  const filter = plugins.has(parent) ? plugins.get(parent).createFilter() : new HttpFilter();
  filter.contextId = id;
  filters.add(filter);
}

export function configure(id: u32, size: u32): u32 {
  configuration.size = size;
  return plugins.has(id) && plugins.get(id).onConfigure(configuration) ? 1 : 0;
}

export function tick(id: u32): void {
  if (plugins.has(id)) plugins.get(id).onTick();
}

export function queueReady(id: u32, queue: u32): void {
  if (plugins.has(id)) plugins.get(id).onQueueReady(queue);
}

export function requestHeaders(id: u32, end: u32): u32 {
  const filter = filters.get(id)!;
  pausedRequest.endOfStream = end != 0;
  const action = filter.onRequestHeaders(pausedRequest);
  if (action != Action.Continue) filter.pausedIn = 1;
  return action;
}

export function requestData(id: u32, size: u32, end: u32): u32 {
  requestBody.size = size;
  requestBody.endOfStream = end != 0;
  return filters.get(id)!.onRequestBody(requestBody);
}

export function requestTrailer(id: u32): u32 {
  return filters.get(id)!.onRequestTrailers(requestTrailers);
}

export function responseHeaders(id: u32, end: u32): u32 {
  const filter = filters.get(id)!;
  pausedResponse.endOfStream = end != 0;
  const action = filter.onResponseHeaders(pausedResponse);
  if (action != Action.Continue) filter.pausedIn = 2;
  return action;
}

export function responseData(id: u32, size: u32, end: u32): u32 {
  responseBody.size = size;
  responseBody.endOfStream = end != 0;
  return filters.get(id)!.onResponseBody(responseBody);
}

export function responseTrailer(id: u32): u32 {
  return filters.get(id)!.onResponseTrailers(responseTrailers);
}

/** Comes on the root context; the filter that called gets its own context for what it then does. */
export function httpCallResponse(root: u32, token: u32, size: u32): void {
  if (!calls.has(token)) return;
  const owner = calls.get(token);
  calls.delete(token);
  callResponse.token = token;
  callResponse.size = size;
  if (owner == 0) {
    if (plugins.has(root)) plugins.get(root).onCallResponse(callResponse);
    return;
  }
  const filter = filters.get(owner);
  if (filter === null) return;
  abi.proxy_set_effective_context(owner);
  filter.onCallResponse(callResponse);
}

export function logged(id: u32): void {
  const filter = filters.get(id);
  if (filter !== null) filter.onLog(logEntry);
}

export function done(id: u32): u32 {
  const filter = filters.get(id);
  if (filter !== null) filter.onDone();
  return 1;
}

export function deleted(id: u32): void {
  filters.delete(id);
  plugins.delete(id);
}

/** What the build names as `abort`: the message goes to the log, then the trap. */
export function aborted(message: string | null, file: string | null, line: u32, column: u32): void {
  const where = (file === null ? "?" : file) + ":" + line.toString() + ":" + column.toString();
  const text = String.UTF8.encode("abort: " + (message === null ? "" : message) + " (" + where + ")");
  abi.proxy_log(5, changetype<usize>(text), text.byteLength);
  unreachable();
}

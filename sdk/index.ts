/** What a filter imports: `import { HttpFilter, RequestHeaders, Action } from "bowsprit-sdk"`. */
export { HttpFilter, now, Plugin } from "./assembly/filter";
export {
  LogEntry, RequestBody, RequestHeaders, RequestTrailers, ResponseBody, ResponseHeaders, ResponseTrailers,
} from "./assembly/messages";
export { Headers, ReadonlyHeaders } from "./assembly/headers";
export { Header } from "./assembly/pairs";
export { CallResponse, HttpCall } from "./assembly/callout";
export { Configuration } from "./assembly/configuration";
export { Json, JsonKind } from "./assembly/json";
export { log } from "./assembly/log";
export { Counter, Gauge, Histogram } from "./assembly/metrics";
export { SharedQueue, SharedValue, sharedData } from "./assembly/shared";
export {
  connection, destination, getProperty, plugin, request, response, route, setProperty, source, upstream,
} from "./assembly/properties";
export { Action, DataAction, LogLevel, Status } from "./assembly/types";
export { decodeUtf8, encodeUtf8, isValidUtf8 } from "./assembly/utf8";

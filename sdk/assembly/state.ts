/** What the runtime remembers between callbacks. */
import { RequestHeaders, ResponseHeaders } from "./messages";

/** Token of a callout -> the context it belongs to; 0 is the plugin's own. */
export const calls = new Map<u32, u32>();
export const pausedRequest = new RequestHeaders();
export const pausedResponse = new ResponseHeaders();

/** The plugin's configuration: in Istio `pluginConfig`, as compact JSON with sorted keys. */
import * as abi from "./abi";
import { Json } from "./json";
import { OUT_POINTER, OUT_SIZE, takeBytes } from "./memory";
import { Status } from "./types";
import { decodeUtf8 } from "./utf8";

const PLUGIN_CONFIGURATION: u32 = 7;

export class Configuration {
  size: u32 = 0;

  bytes(): Uint8Array {
    if (this.size == 0) return new Uint8Array(0);
    const status = abi.proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, this.size, OUT_POINTER, OUT_SIZE);
    return status == Status.Ok ? takeBytes() : new Uint8Array(0);
  }

  text(): string {
    return decodeUtf8(this.bytes());
  }

  /** null when it is not JSON; an empty object when there is none. */
  json(): Json | null {
    return this.size == 0 ? Json.object() : Json.parse(this.text());
  }
}

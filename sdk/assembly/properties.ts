/**
 * What the proxy knows of a request besides its headers, by family. A text that is not known is null, a number -1. Only
 * what Envoy shows in every phase of a request is here; what belongs to a phase is on that phase's object.
 */
import * as abi from "./abi";
import { first, OUT_POINTER, OUT_SIZE, takeBytes, takeText } from "./memory";
import { Status } from "./types";

/** Any property; `path` has its parts separated by "\0", as in `request\0protocol`. */
export function getProperty(path: string): Uint8Array | null {
  return read(path) ? takeBytes() : null;
}

/** A value for the filters behind this one (and for access logs: %FILTER_STATE(wasm.key)%). */
export function setProperty(key: string, value: Uint8Array): Status {
  const name = first.set(key);
  return abi.proxy_set_property(name.pointer, name.size, value.dataStart, value.length);
}

function read(path: string): bool {
  const name = first.set(path);
  return abi.proxy_get_property(name.pointer, name.size, OUT_POINTER, OUT_SIZE) == Status.Ok;
}

function text(path: string): string | null {
  return read(path) ? takeText() : null;
}

function integer(path: string): i64 {
  if (!read(path)) return -1;
  const bytes = takeBytes();
  return bytes.length == 8 ? load<i64>(bytes.dataStart) : -1;
}

export namespace source {
  /** `address:port` of the direct peer. */
  export function address(): string | null {
    return text("source\0address");
  }
  export function port(): i64 {
    return integer("source\0port");
  }
}

export namespace destination {
  export function address(): string | null {
    return text("destination\0address");
  }
  export function port(): i64 {
    return integer("destination\0port");
  }
}

export namespace connection {
  export function isMutualTls(): bool {
    const bytes = getProperty("connection\0mtls");
    return bytes !== null && bytes.length == 1 && bytes[0] == 1;
  }
  export function tlsVersion(): string | null {
    return text("connection\0tls_version");
  }
  export function requestedServerName(): string | null {
    return text("connection\0requested_server_name");
  }
}

export namespace upstream {
  export function address(): string | null {
    return text("upstream\0address");
  }
}

export namespace route {
  export function clusterName(): string | null {
    return text("xds\0cluster_name");
  }
  export function name(): string | null {
    return text("xds\0route_name");
  }
}

export namespace request {
  export function protocol(): string | null {
    return text("request\0protocol");
  }
  /** Unix time of its first byte, in nanoseconds. */
  export function time(): i64 {
    return integer("request\0time");
  }
  /** Bytes of the body that are known so far. */
  export function size(): i64 {
    return integer("request\0size");
  }
}

/** -1 and null until there is a response. */
export namespace response {
  export function code(): i64 {
    return integer("response\0code");
  }
  export function codeDetails(): string | null {
    return text("response\0code_details");
  }
  export function flags(): i64 {
    return integer("response\0flags");
  }
  export function size(): i64 {
    return integer("response\0size");
  }
}

export namespace plugin {
  export function name(): string | null {
    return text("plugin_name");
  }
  export function rootId(): string | null {
    return text("plugin_root_id");
  }
}

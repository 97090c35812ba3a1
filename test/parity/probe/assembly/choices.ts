/** What may be called with what: the axes of the grid, from which the random ones are drawn too. */

export const NAMES: string[] = ["x-a", "X-Multi", "accept", "nope", "", ":path", ":status", ":method", "x-new"];
export const VALUES: string[] = ["", "v", "longer value", "1"];
export const PROPERTIES: string[] = [
  "plugin_name", "plugin_root_id", "plugin_vm_id", "request\0path", "request\0url_path", "request\0query", "request\0method",
  "request\0scheme", "request\0headers\0x-a", "request\0headers\0x-multi", "request\0protocol", "request\0host",
  "response\0code", "response\0code_details", "response\0flags", "connection\0mtls", "connection\0tls_version",
  "cluster_name", "route_name", "listener_direction", "node\0id", "nope", "", "metadata", "xds\0cluster_name", "my_key",
  "filter_state\0wasm.my_key", "request\0nope", "response\0nope", "source\0nope", "request", "request\0path\0x", "plugin_name\0x",
  "request\0referer", "request\0useragent", "request\0headers\0nope", "destination\0nope", "response\0headers\0x-up",
  "request\0path\0", "listener_metadata", "xds\0route_name",
];

/** Name, how many arguments it takes: number of choices of the first and the second. */
export const OPS: string[] = [
  "get_header", "add", "replace", "remove", "map_size", "map_pairs", "buffer", "buffer_status", "set_buffer", "get_property",
  "set_property", "get_shared", "set_shared", "queue", "metric", "http_call", "grpc", "foreign", "effective", "misc",
];
export function firstOf(op: i32): u32 {
  switch (op) {
    case 0: case 1: case 2: case 3: case 4: case 5: return 9;
    case 6: case 7: case 8: return 10;
    case 9: return PROPERTIES.length;
    case 10: case 11: case 12: return 3;
    case 13: return 8;
    case 14: return 12;
    case 15: return 4;
    case 16: return 5;
    case 17: return 3;
    case 18: return 2;
    default: return 9;
  }
}

export function secondOf(op: i32): u32 {
  switch (op) {
    case 0: return NAMES.length;
    case 1: case 2: return 3;
    case 3: return 3;
    case 6: return 5;
    case 8: return 5;
    case 10: case 12: return 3;
    default: return 1;
  }
}

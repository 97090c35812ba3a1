/** Calls of the ABI that the SDK has no use for. */

@external("env", "proxy_get_buffer_status")
export declare function proxy_get_buffer_status(type: u32, length: usize, flags: usize): u32;
@external("env", "proxy_get_header_map_size")
export declare function proxy_get_header_map_size(type: u32, size: usize): u32;
@external("env", "proxy_grpc_call")
export declare function proxy_grpc_call(a: usize, b: u32, c: usize, d: u32, e: usize, f: u32, g: usize, h: u32, i: usize, j: u32, k: u32, l: usize): u32;
@external("env", "proxy_grpc_send")
export declare function proxy_grpc_send(token: u32, message: usize, size: u32, end: u32): u32;
@external("env", "proxy_grpc_cancel")
export declare function proxy_grpc_cancel(token: u32): u32;
@external("env", "proxy_grpc_close")
export declare function proxy_grpc_close(token: u32): u32;
@external("env", "proxy_get_status")
export declare function proxy_get_status(code: usize, message: usize, size: usize): u32;

/** Answers that the filter gives itself. */
import * as abi from "./abi";
import { first, second } from "./memory";
import { encodePairs, Header } from "./pairs";
import { Status } from "./types";

const NO_GRPC_STATUS: i32 = -1;

/** `details` show in access logs as %RESPONSE_CODE_DETAILS%. A gRPC client gets the status that follows from the HTTP one. */
export function sendReply(status: u32, body: string, headers: Header[], details: string, grpc: i32 = NO_GRPC_STATUS): Status {
  const text = first.set(body);
  return send(status, text.pointer, text.size, headers, details, grpc);
}

export function sendReplyBytes(status: u32, body: Uint8Array, headers: Header[], details: string): Status {
  return send(status, body.dataStart, body.length, headers, details, NO_GRPC_STATUS);
}

function send(status: u32, body: usize, size: u32, headers: Header[], details: string, grpc: i32): Status {
  const why = second.set(details);
  if (headers.length == 0) return abi.proxy_send_local_response(status, why.pointer, why.size, body, size, 0, 0, grpc);
  const pairs = encodePairs(headers);
  return abi.proxy_send_local_response(
    status, why.pointer, why.size, body, size, changetype<usize>(pairs), pairs.byteLength, grpc,
  );
}

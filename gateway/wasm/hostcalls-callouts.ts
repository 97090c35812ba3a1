/** proxy_http_call; and gRPC, which an edge does not have and says so. */
import { Status } from './abi.ts';
import type { CalloutRequest } from './host.ts';
import type { HostFunctions } from './imports.ts';
import { decodePairs } from './pairs.ts';
import type { Vm } from './vm.ts';

const REQUIRED = [':method', ':path', ':authority'];

export function calloutCalls(vm: Vm): HostFunctions {
  return { proxy_http_call: (...values: Ten) => httpCall(vm, values), ...grpcCalls(vm) };
}
/** cluster, headers, body and trailers as pointer and size each; timeout in milliseconds; where the token goes. */
type Ten = [number, number, number, number, number, number, number, number, number, number];

function httpCall(vm: Vm, values: Ten): Status {
  const [cluster, clusterSize, headers, headersSize, body, bodySize, trailers, trailersSize, timeoutMs, tokenOut] =
    values;
  const callouts = vm.active().stream?.callouts ?? vm.callouts;
  const target = vm.memory.string(cluster, clusterSize);
  const pairs = vm.memory.bytes(headers, headersSize);
  const bytes = vm.memory.bytes(body, bodySize);
  if (target === undefined || !pairs || !bytes || !vm.memory.bytes(trailers, trailersSize))
    return Status.InvalidMemoryAccess;
  const request = { cluster: target, headers: lowerCased(decodePairs(pairs)), body: bytes.slice(), timeoutMs };
  if (!vm.memory.setU32(tokenOut, 0)) return Status.InvalidMemoryAccess;
  if (timeoutMs < 0 || !callouts.has(target) || !isComplete(request)) return Status.BadArgument;
  const token = vm.nextCalloutToken();
  vm.memory.setU32(tokenOut, token);
  void callouts.send(request).then((answer) => vm.answerCallout(token, answer));
  return Status.Ok;
}

function lowerCased(pairs: [string, string][]): [string, string][] {
  return pairs.map(([name, value]) => [name.toLowerCase() === 'host' ? ':authority' : name.toLowerCase(), value]);
}

function isComplete({ headers }: CalloutRequest): boolean {
  return REQUIRED.every((wanted) => headers.some(([name]) => name === wanted));
}

/** A call's token is odd, a stream's even and not 0; none was ever given out here. */
function grpcCalls(vm: Vm): HostFunctions {
  const start = (service: number, serviceSize: number): Status => {
    vm.active();
    const bytes = vm.memory.bytes(service, serviceSize);
    if (!bytes) return Status.InvalidMemoryAccess;
    return isProtobuf(bytes) ? Status.Unimplemented : Status.ParseFailure;
  };
  const unknown = (): Status => {
    vm.active();
    return Status.NotFound;
  };
  return {
    proxy_grpc_call: start,
    proxy_grpc_stream: start,
    proxy_grpc_send: (token: number) => (token % 2 === 0 ? unknown() : Status.BadArgument),
    proxy_grpc_cancel: unknown,
    proxy_grpc_close: unknown,
  };
}

/** Whether the bytes are well-formed wire format: Envoy parses the gRPC service before it does anything with it. */
function isProtobuf(bytes: Uint8Array): boolean {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      const byte = bytes[at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
    return Number.NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const wire = tag % 8;
    if (!(tag >= 8) || wire > 5 || wire === 3 || wire === 4) return false;
    if (wire === 0 && Number.isNaN(varint())) return false;
    if (wire === 1) at += 8;
    if (wire === 2) at += varint();
    if (wire === 5) at += 4;
    if (!(at <= bytes.length)) return false;
  }
  return true;
}

/** fault: → Fault. */
import type { Fault } from '../../gateway/snapshot.ts';
import { wholeMs } from './duration.ts';
import type { FaultSpec } from './spec.ts';

/** gRPC's status codes by name, as grpcStatus writes them (gRPC documentation, statuscodes.md). */
export const GRPC_STATUS = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
];

/** No percentage never fires (captured). What Istio does not carry out (exponentialDelay, http2Error) is left out. */
export function translateFault(spec: FaultSpec | undefined): Fault | undefined {
  const delay = translateDelay(spec?.delay);
  const abort = translateAbort(spec?.abort);
  return delay || abort ? { ...(delay && { delay }), ...(abort && { abort }) } : undefined;
}

function translateDelay(spec: FaultSpec['delay']): Fault['delay'] | undefined {
  const fixedDelayMs = wholeMs(spec?.fixedDelay);
  if (!spec || fixedDelayMs === undefined) return undefined;
  return { percentage: spec.percentage ? (spec.percentage.value ?? 0) : (spec.percent ?? 0), fixedDelayMs };
}

function translateAbort(spec: FaultSpec['abort']): Fault['abort'] | undefined {
  if (!spec) return undefined;
  const percentage = spec.percentage?.value ?? 0;
  if (spec.httpStatus !== undefined) return { percentage, httpStatus: spec.httpStatus };
  const grpcStatus = GRPC_STATUS.indexOf(spec.grpcStatus ?? '');
  return grpcStatus < 0 ? undefined : { percentage, grpcStatus };
}

/** %GRPC_STATUS%: of answers to gRPC requests whose headers tell it. What stands in trailers is not seen at the edge. */
import type { Exchange } from '../../exchange.ts';
import { isGrpc } from '../../listener/local-reply.ts';
import type { Operators, Value } from './operator.ts';

const NAMES = [
  'OK',
  'Canceled',
  'Unknown',
  'InvalidArgument',
  'DeadlineExceeded',
  'NotFound',
  'AlreadyExists',
  'PermissionDenied',
  'ResourceExhausted',
  'FailedPrecondition',
  'Aborted',
  'OutOfRange',
  'Unimplemented',
  'Internal',
  'Unavailable',
  'DataLoss',
  'Unauthenticated',
];

const snake = (name: string) =>
  name === 'Canceled' ? 'CANCELLED' : name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toUpperCase();

function numberOf({ requestHeaders, responseHeaders }: Exchange): number | undefined {
  const status = responseHeaders.get('grpc-status');
  return status !== null && isGrpc(requestHeaders.get('content-type')) ? Number(status) : undefined;
}

/** A number that has no name stays one. */
function nameOf(exchange: Exchange, form: (name: string) => string): Value {
  const status = numberOf(exchange);
  const name = status === undefined ? undefined : NAMES[status];
  return name === undefined ? status : form(name);
}

export const GRPC_OPERATORS: Operators = {
  GRPC_STATUS_NUMBER: () => numberOf,
  GRPC_STATUS: (argument) => {
    if (argument === 'NUMBER') return numberOf;
    return (exchange) => nameOf(exchange, argument === 'SNAKE_STRING' ? snake : (name) => name);
  },
};

/** Faults, CORS and retries of an HTTP rule, as Istio's webhook judges them. */
import { durationMs } from '../../compile/duration.ts';
import { GRPC_STATUS } from '../../compile/fault.ts';
import { isNamedStatus } from '../../compile/retry.ts';
import { duration, httpHeaderName, percentage, stringMatchRegexp } from './common.ts';
import type { HttpRoute } from './http-route.ts';
import type { Issues } from './issues.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'];

export function validateFault(fault: HttpRoute['fault'], issues: Issues): void {
  if (!fault) return;
  const { abort, delay } = fault;
  if (!abort && !delay) issues.error('HTTP fault injection must have an abort and/or a delay');
  if (abort) validateAbort(abort, issues.at('abort'));
  if (delay) {
    issues.at('delay', 'percentage').check(percentage(delay.percentage?.value));
    issues.at('delay', 'fixedDelay').check(duration(delay.fixedDelay));
  }
}

type Abort = NonNullable<NonNullable<HttpRoute['fault']>['abort']>;

function validateAbort({ percentage: share, httpStatus, grpcStatus }: Abort, issues: Issues): void {
  issues.at('percentage').check(percentage(share?.value));
  if (httpStatus !== undefined && (httpStatus < 200 || httpStatus > 600)) {
    issues.at('httpStatus').error(`HTTP status ${httpStatus} is not in range 200-599`);
  }
  if (grpcStatus !== undefined && !GRPC_STATUS.includes(grpcStatus)) {
    const list = 'https://github.com/grpc/grpc/blob/master/doc/statuscodes.md';
    issues
      .at('grpcStatus')
      .error(
        `gRPC status "${grpcStatus}" is not supported. See ${list} for a list of supported codes, for example 'NOT_FOUND'`,
      );
  }
}

export function validateCors(cors: HttpRoute['corsPolicy'], issues: Issues): void {
  if (!cors) return;
  issues.each(['allowOrigins'], cors.allowOrigins, (origin, at) => {
    if (!(origin.exact || origin.prefix || origin.regex))
      at.error("'' is not a valid match type for CORS allow origins");
    at.check(stringMatchRegexp(origin, 'corsPolicy.allowOrigins'));
  });
  issues.each(['allowMethods'], cors.allowMethods, (method, at) => {
    if (!METHODS.includes(method)) at.error(`"${method}" is not a supported HTTP method`);
  });
  for (const field of ['allowHeaders', 'exposeHeaders'] as const) {
    issues.each([field], cors[field], (name, at) => at.check(name === '*' ? undefined : httpHeaderName(name)));
  }
  if (cors.maxAge === undefined) return;
  issues.at('maxAge').check(duration(cors.maxAge));
  if ((durationMs(cors.maxAge) ?? Number.NaN) % 1000 !== 0)
    issues.at('maxAge').error('max_age duration is accurate only to seconds precision');
}

/** Envoy's retry_on words (Envoy docs: x-envoy-retry-on, x-envoy-retry-grpc-on). */
const RETRY_ON = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'envoy-ratelimited',
  'retriable-4xx',
  'refused-stream',
  'retriable-status-codes',
  'retriable-headers',
  'http3-post-connect-failure',
  'cancelled',
  'deadline-exceeded',
  'internal',
  'resource-exhausted',
  'unavailable',
];

export function validateRetries(retries: HttpRoute['retries'], issues: Issues): void {
  if (!retries) return;
  const { attempts = 0, perTryTimeout, retryOn, backoff } = retries;
  if (attempts < 0) issues.at('attempts').error('attempts cannot be negative');
  if (attempts === 0 && (perTryTimeout || retryOn || retries.retryRemoteLocalities !== undefined)) {
    issues.error('http retry policy configured when attempts are set to 0 (disabled)');
  }
  issues.at('perTryTimeout').check(duration(perTryTimeout));
  issues.at('backoff').check(duration(backoff));
  for (const word of retryOn ? retryOn.split(',') : []) {
    if (!RETRY_ON.includes(word) && !isNamedStatus(word))
      issues.at('retryOn').error(`"${word}" is not a valid retryOn policy`);
  }
}

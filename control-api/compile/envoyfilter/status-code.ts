/** envoy.type.v3.HttpStatus. */
import { EnvoyRejects, type Message } from './message.ts';

/** By number or by name. @throws EnvoyRejects for a name that is none. */
export function statusCode(message: Message | undefined, fallback: number): number {
  const code = message?.get('code');
  if (code === undefined) return fallback;
  const number = typeof code === 'string' ? (STATUS_NAMES[code] ?? Number(code)) : Number(code);
  if (!Number.isInteger(number)) throw new EnvoyRejects(`status code ${String(code)} is not known`);
  return number;
}

/** envoy.type.v3.StatusCode, by name. */
const STATUS_NAMES: Readonly<Record<string, number>> = {
  OK: 200,
  BadRequest: 400,
  Unauthorized: 401,
  PaymentRequired: 402,
  Forbidden: 403,
  NotFound: 404,
  TooManyRequests: 429,
  InternalServerError: 500,
  BadGateway: 502,
  ServiceUnavailable: 503,
  GatewayTimeout: 504,
};

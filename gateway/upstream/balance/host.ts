/** An endpoint with what this isolate knows of it: requests in flight, health, the failures in a row. */
import type { Endpoint } from '../../snapshot.ts';
import { InFlight } from './in-flight.ts';

export class Host {
  readonly endpoint: Endpoint;
  /** `10.0.0.1:8080`, `[::1]:8080`: what Envoy prints and hashes. */
  readonly key: string;
  readonly weight: number;
  /** Its name in `env`; '' where nobody sends (tests of the choice alone). */
  readonly binding: string;
  /** Milliseconds; when this isolate first saw it, for slow start. */
  readonly since: number;
  /** Requests sent whose answer has not begun. */
  inFlight = new InFlight();
  /** Milliseconds of its last answer. */
  answeredAt = Number.NEGATIVE_INFINITY;
  ejected = false;
  /** Milliseconds of the last ejection. */
  ejectedAt = 0;
  /** Multiplies the base ejection time; grows with ejections, shrinks with quiet intervals. */
  ejections = 0;
  consecutive5xx = 0;
  consecutiveGatewayFailures = 0;
  consecutiveLocalOriginFailures = 0;

  constructor(endpoint: Endpoint, since: number, binding = '') {
    this.endpoint = endpoint;
    this.key = hostKey(endpoint);
    this.weight = Math.max(1, endpoint.weight);
    this.since = since;
    this.binding = binding;
  }

  /** The same endpoint under a new Snapshot keeps what was learned about it. */
  continuedAs(endpoint: Endpoint, binding: string): Host {
    return Object.assign(new Host(endpoint, this.since, binding), {
      inFlight: this.inFlight,
      answeredAt: this.answeredAt,
      ejected: this.ejected,
      ejectedAt: this.ejectedAt,
      ejections: this.ejections,
      consecutive5xx: this.consecutive5xx,
      consecutiveGatewayFailures: this.consecutiveGatewayFailures,
      consecutiveLocalOriginFailures: this.consecutiveLocalOriginFailures,
    });
  }
}

export function hostKey({ address, port }: Pick<Endpoint, 'address' | 'port'>): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Passive health (trafficPolicy.outlierDetection) for one cluster in this isolate: failures in a row eject a host, every
 * interval looks who may come back. Envoy's rules; its timer is here a look at the clock when a host is picked.
 */
import type { OutlierDetection } from '../../snapshot.ts';
import type { Failure } from '../send.ts';
import type { Host } from './host.ts';

/** Envoy's max_ejection_time where the base is not larger. */
const MAX_EJECTION_MS = 300_000;

export class OutlierDetector {
  readonly #config: OutlierDetection;
  readonly #hosts: readonly Host[];
  readonly #changed: () => void;
  #nextLook: number;

  /** `changed` is called when somebody was ejected or came back. */
  constructor(config: OutlierDetection, hosts: readonly Host[], changed: () => void, now: number) {
    this.#config = config;
    this.#hosts = hosts;
    this.#changed = changed;
    this.#nextLook = now + config.intervalMs;
  }

  /** An answer of the host itself. Where errorCodes are given, they alone are errors, each like a 500 (Envoy's error_matcher). */
  answered(host: Host, status: number, now: number): void {
    const { errorCodes } = this.#config;
    this.#count(host, errorCodes ? (errorCodes.includes(status) ? 500 : 200) : status, now);
  }

  #count(host: Host, status: number, now: number): void {
    host.consecutiveLocalOriginFailures = 0;
    if (status < 500) {
      host.consecutive5xx = 0;
      host.consecutiveGatewayFailures = 0;
      return;
    }
    const gateway = status === 502 || status === 503 || status === 504;
    host.consecutiveGatewayFailures = gateway ? host.consecutiveGatewayFailures + 1 : 0;
    host.consecutive5xx++;
    const { consecutive5xx, consecutiveGatewayFailure } = this.#config;
    if (host.consecutiveGatewayFailures === consecutiveGatewayFailure || host.consecutive5xx === consecutive5xx)
      this.#eject(host, now);
  }

  /** No answer. Unless local errors are counted apart, it counts as a 503, a timeout as a 504. */
  failed(host: Host, failure: Failure, now: number): void {
    if (!this.#config.splitExternalLocalOriginErrors) {
      this.#count(host, failure === 'timeout' ? 504 : 503, now);
      return;
    }
    // Whoever connected has had a success first: only refused connections come in a row (a real Envoy does so).
    if (failure === 'reset' || failure === 'protocol' || failure === 'timeout') host.consecutiveLocalOriginFailures = 0;
    host.consecutiveLocalOriginFailures++;
    if (host.consecutiveLocalOriginFailures === this.#config.consecutiveLocalOriginFailure) this.#eject(host, now);
  }

  /** Lets hosts come back whose time is over; quiet intervals shorten the next ejection. */
  look(now: number): void {
    if (now < this.#nextLook) return;
    const { intervalMs, baseEjectionTimeMs } = this.#config;
    const ticks = Math.floor((now - this.#nextLook) / intervalMs) + 1;
    const last = this.#nextLook + (ticks - 1) * intervalMs;
    this.#nextLook = last + intervalMs;
    const longest = Math.max(MAX_EJECTION_MS, baseEjectionTimeMs);
    for (const host of this.#hosts) {
      if (!host.ejected) host.ejections = Math.max(0, host.ejections - ticks);
      else if (last - host.ejectedAt >= Math.min(baseEjectionTimeMs * host.ejections, longest)) this.#comeBack(host);
    }
  }

  #eject(host: Host, now: number): void {
    reset(host);
    if (host.ejected || !this.#mayEject()) return;
    const { baseEjectionTimeMs } = this.#config;
    host.ejected = true;
    host.ejectedAt = now;
    if (baseEjectionTimeMs * host.ejections < Math.max(MAX_EJECTION_MS, baseEjectionTimeMs)) host.ejections++;
    this.#changed();
  }

  /** A strict limit, as in Envoy 1.40: with three hosts 10 % ejects nobody, 50 % one. */
  #mayEject(): boolean {
    const ejected = this.#hosts.reduce((sum, { ejected }) => sum + Number(ejected), 0);
    return (100 * (ejected + 1)) / this.#hosts.length <= this.#config.maxEjectionPercent;
  }

  #comeBack(host: Host): void {
    host.ejected = false;
    reset(host);
    this.#changed();
  }
}

function reset(host: Host): void {
  host.consecutive5xx = 0;
  host.consecutiveGatewayFailures = 0;
  host.consecutiveLocalOriginFailures = 0;
}

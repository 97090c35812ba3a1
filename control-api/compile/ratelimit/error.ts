/** Where in a configuration file something stands; 1-based. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

/**
 * A configuration that envoyproxy/ratelimit would refuse. `message` is that service's own text, `<file>: <reason>`; the
 * place is ours, because the service names none.
 */
export class LimitConfigError extends Error {
  readonly code = 'LIMIT_CONFIG';
  readonly place: Place;
  /** The text without the file's name. */
  readonly reason: string;

  constructor(reason: string, place: Place) {
    super(`${place.file}: ${reason}`);
    this.name = 'LimitConfigError';
    this.place = place;
    this.reason = reason;
  }
}

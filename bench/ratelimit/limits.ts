/** The limits of both systems: one that is never reached, one that is over at once, ten a day for every other key. */
export const LIMITS = `domain: bench
descriptors:
  - {key: key, value: hot, rate_limit: {unit: day, requests_per_unit: 4000000000}}
  - {key: key, value: over, rate_limit: {unit: day, requests_per_unit: 0}}
  - {key: key, rate_limit: {unit: day, requests_per_unit: 10}}
`;

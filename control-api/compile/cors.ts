/** corsPolicy: → Cors. */
import type { Cors, StringMatch } from '../../gateway/snapshot.ts';
import { stringMatch } from './match.ts';
import type { CorsSpec } from './spec.ts';
import { seconds } from './traffic-policy.ts';

export function translateCors(spec: CorsSpec): Cors {
  const maxAge = seconds(spec.maxAge);
  const ignore = spec.unmatchedPreflights === 'IGNORE';
  return {
    allowOrigins: origins(spec),
    ...(spec.allowMethods?.length && { allowMethods: spec.allowMethods.join(',') }),
    ...(spec.allowHeaders?.length && { allowHeaders: spec.allowHeaders.join(',') }),
    ...(spec.exposeHeaders?.length && { exposeHeaders: spec.exposeHeaders.join(',') }),
    ...(maxAge !== undefined && { maxAge }),
    ...(spec.allowCredentials !== undefined && { allowCredentials: spec.allowCredentials }),
    forwardNotMatchingPreflights: !ignore,
  };
}

/** The old allowOrigin is a list of exact origins; `*` stays itself, which Envoy takes for every origin. */
function origins({ allowOrigins, allowOrigin = [] }: CorsSpec): StringMatch[] {
  const matches = allowOrigins ?? allowOrigin.map((exact) => ({ exact }));
  return matches.map(stringMatch).filter((match) => match.kind !== 'present');
}

/** RequestAuthentications that select this gateway become one jwt_authn filter; the others stay with the sidecars. */
import { tokenPitfalls } from '../analysis/policies/request-authentication.ts';
import type { Resource } from '../resources/resource.ts';
import type { RequestAuthenticationSpec } from '../resources/types.gen.ts';
import { addHttpFilters } from './http-filters.ts';
import { jwtProviders } from './policies/jwt-rules.ts';
import { placePolicies, splitByScope } from './policies/scope.ts';
import type { CompileInput, Draft, Processor } from './processor.ts';

export const requestAuthentication: Processor = {
  name: 'request-authentication',
  reason: 'after gateways, whose listeners it extends, and clusters, where keys may be',
  run(input: CompileInput, draft: Draft) {
    const { ours, others } = splitByScope<RequestAuthenticationSpec>(input, 'RequestAuthentication');
    draft.findings.push(...tokenPitfalls(ours, others, input, draft));
    const providers = jwtProviders(ours, draft);
    if (providers.length > 0) addHttpFilters(draft, [{ phase: 'jwt', config: { kind: 'jwt_authn', providers } }]);
    placePolicies(draft, ours as unknown as Resource[], others as unknown as Resource[]);
  },
};

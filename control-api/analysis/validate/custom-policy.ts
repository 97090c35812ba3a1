/** An AuthorizationPolicy with action CUSTOM, as Istio's webhook judges it. */
import type { AuthorizationPolicySpec } from '../../resources/types.gen.ts';
import type { Issues } from './issues.ts';

/** What is only known behind the external authoriser's place in the chain, or of a peer's certificate. */
const SOURCES = [
  ...['namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts', 'trustDomains', 'notTrustDomains'],
  ...['principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals'],
];
const KEYS = ['source.namespace', 'source.serviceAccount', 'source.trustDomain', 'source.principal'];

export function validateCustom({ provider, rules = [] }: AuthorizationPolicySpec, issues: Issues): void {
  if (rules.length > 0 && !provider?.name) issues.at('provider').error('`provider.name` must not be empty');
  issues.each(['rules'], rules, ({ from, when }, rule) => {
    rule.each(['from'], from, ({ source = {} }, at) => {
      for (const [field, list] of Object.entries(source)) {
        const name = `From.${field.charAt(0).toUpperCase()}${field.slice(1)}`;
        if (SOURCES.includes(field) && list.length > 0) at.at('source', field).error(unsupported(name));
      }
    });
    rule.each(['when'], when, ({ key = '' }, at) => {
      if (KEYS.includes(key) || key.startsWith('request.auth.')) at.at('key').error(unsupported(key));
    });
  });
}

const unsupported = (what: string): string => `${what} is currently not supported with CUSTOM action`;

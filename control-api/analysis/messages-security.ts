/** The part of the catalogue that is about tokens, authorisation and mutual TLS: BSP02…; messages.ts puts it in. */
import type { Message } from './messages.ts';

export const SECURITY_MESSAGES = {
  TokensAreOptional: {
    code: 'BSP0201',
    level: 'warning',
    text: 'a request without a token passes: a RequestAuthentication only refuses tokens that are bad',
    mend: 'Add an AuthorizationPolicy for the same workloads with action DENY and notRequestPrincipals: ["*"].',
  },
  DenyWithoutPort: {
    code: 'BSP0202',
    level: 'warning',
    text: 'this DENY is passed by with a port in the Host header: "{host}" does not cover "{host}:80"',
    mend: 'Add "{host}:*" beside it.',
  },
  StarIsLiteral: {
    code: 'BSP0203',
    level: 'warning',
    text: 'a `*` inside "{value}" stands for itself: only one at the beginning or the end is a wildcard',
    mend: 'Use {instead}.',
  },
  PolicyNotForGateway: {
    code: 'BSP0204',
    level: 'warning',
    text: 'its selector names the labels of this gateway, but a policy of namespace {namespace} does not reach it',
    mend: 'Move it to {gateway}, the namespace of the gateway.',
  },
  KeysWithoutTls: {
    code: 'BSP0205',
    level: 'warning',
    text: 'the keys of {issuer} are fetched without TLS from {uri}: whoever sits between can make tokens that pass',
    mend: 'Use an https URL.',
  },
  AlternativesAllowAlone: {
    code: 'BSP0206',
    level: 'warning',
    text: 'rules {first} and {second} each allow alone: one names only sources, the other only operations',
    mend: 'Write `from` and `to` under one rule (one dash) if both are meant to hold.',
  },
  UnknownAuthorizer: {
    code: 'BSP0207',
    level: 'error',
    text: 'the provider "{provider}" {problem}: every request that this policy matches is denied',
    mend: 'Define it under extensionProviders of the mesh configuration, as envoyExtAuthzHttp.',
  },
  GrpcAuthorizer: {
    code: 'BSP0208',
    level: 'error',
    text: 'the provider "{provider}" speaks gRPC, which the edge cannot: {consequence}',
    mend: 'Give the authoriser an HTTP port and name it as envoyExtAuthzHttp.',
  },
  UnknownAtEdge: {
    code: 'BSP0209',
    level: 'warning',
    text: '{attribute} is not known at the edge: its values never match here, and what it must not be always holds',
    mend: 'Put this condition into a policy for the workloads behind.',
  },
  UnusableKey: {
    code: 'BSP0210',
    level: 'warning',
    text: 'a key of issuer {issuer} is not used: {reason}',
    mend: 'Publish public keys only: RSA, EC (P-256, P-384, P-521) or Ed25519.',
  },
  NoUsableKey: {
    code: 'BSP0211',
    level: 'error',
    text: 'jwks of issuer {issuer} holds no usable key: every token of it is refused; Envoy would refuse the configuration',
    mend: 'Give a JWKS with at least one public key, or a jwksUri.',
  },
  LowerCaseMethod: {
    code: 'BSP0212',
    level: 'warning',
    text: 'methods are compared with case: "{method}" matches no request',
    mend: 'Write "{instead}".',
  },
  MutualTlsInCluster: {
    code: 'BSP0213',
    level: 'info',
    text: '{mode} mutual TLS is between the workloads: the edge does not end it, and must come in by the mesh entry',
    mend: 'Apply the output of `bowsprit mesh` in the cluster, and let the edge send to the mesh entry.',
  },
  EnforcedEarly: {
    code: 'BSP0214',
    level: 'info',
    text: 'also enforced at the edge on the way to {clusters}; the sidecars still enforce it',
  },
  LeftToSidecar: {
    code: 'BSP0215',
    level: 'info',
    text: '{what} is left to the sidecar: {reason}',
  },
  KeysOutOfReach: {
    code: 'BSP0216',
    level: 'warning',
    text: 'the keys of {issuer} are at {uri}, a name that only the cluster knows: every token of it is refused here',
    mend: 'Give the Service with its EndpointSlice or a ServiceEntry and an http URL, write the keys into jwks, or publish them.',
  },
} as const satisfies Record<string, Message>;

/**
 * The catalogue of findings: one entry a message, with its code, level, text and mend. Istio's own code where Istio has
 * one (IST0101 …), BSP… for ours. docs/messages is generated from it. `{name}` in a text is replaced by the argument.
 */
import type { Level } from './finding.ts';
import { RATE_LIMIT_MESSAGES } from './messages-rate-limit.ts';
import { SECURITY_MESSAGES } from './messages-security.ts';

export interface Message {
  code: string;
  level: Level;
  text: string;
  mend?: string;
}

export const MESSAGES = {
  SchemaValidationError: {
    code: 'IST0106',
    level: 'error',
    text: 'Schema validation error: {error}',
    mend: 'Correct the field; the resource is left out until then.',
  },
  SchemaWarning: { code: 'IST0133', level: 'warning', text: 'Schema validation warning: {warning}' },
  UnreadableDocument: {
    code: 'BSP0001',
    level: 'error',
    text: 'this document is not readable YAML: {error}',
    mend: 'Correct the syntax; the other documents of the file are loaded.',
  },
  OtherKind: {
    code: 'BSP0002',
    level: 'info',
    text: 'a {kind} is not for the gateway; it is left to the cluster',
  },
  SchemaError: {
    code: 'BSP0003',
    level: 'error',
    text: '{error}',
    mend: 'Correct the field; the resource is left out until then, as the Kubernetes API server would refuse it.',
  },
  UnknownField: {
    code: 'BSP0004',
    level: 'warning',
    text: 'unknown field {field}: it has no effect, and kubectl refuses it',
    mend: 'Correct the name or remove the field.',
  },
  IgnoredField: {
    code: 'BSP0006',
    level: 'warning',
    text: '{field} has no effect: {why}',
    mend: 'Use {instead}.',
  },
  UnknownVersion: {
    code: 'BSP0005',
    level: 'error',
    text: 'no matches for kind "{kind}" in version "{apiVersion}"',
    mend: 'Use one of: {versions}.',
  },
  ServerNotServed: {
    code: 'BSP0101',
    level: 'error',
    text: 'this server is not served: {reason}',
    mend: 'Give the server a port of its own, or a protocol and a TLS mode that end HTTP here.',
  },
  LegacyGatewayName: {
    code: 'BSP0102',
    level: 'warning',
    text: 'the gateway name {name} is of the old form; it is read as {mended}',
    mend: 'Write {mended}.',
  },
  DelegateNotFound: {
    code: 'BSP0103',
    level: 'warning',
    text: 'the delegate {name} {problem}; this route is left out',
    mend: 'Name a VirtualService without hosts that is exported to this namespace.',
  },
  ReferencedResourceNotFound: {
    code: 'IST0101',
    level: 'error',
    text: 'Referenced {type} not found: "{name}"',
    mend: 'Correct the name, or add what it names.',
  },
  SelectorMatchesNobody: {
    code: 'IST0101',
    level: 'error',
    text: 'Referenced selector not found: "{selector}"',
    mend: 'This gateway has the labels {labels}; the servers of this Gateway are not opened here.',
  },
  GatewayWithoutRoutes: {
    code: 'BSP0104',
    level: 'info',
    text: 'no VirtualService is bound to {gateway}; every request to it is answered with 404',
  },
  VirtualServiceHostNotFoundInGateway: {
    code: 'IST0132',
    level: 'warning',
    text: 'one or more host [{hosts}] defined in VirtualService {virtualService} not found in Gateway {gateway}.',
    mend: 'Add the host to a server of the Gateway; until then it is answered with 404.',
  },
  ConflictingGateways: {
    code: 'IST0145',
    level: 'error',
    text: 'Conflict with gateways {gateways} (workload selector {selector}, port {port}, hosts {hosts}).',
    mend: 'Let only one Gateway claim a host on a port.',
  },
  UnreachableRule: {
    code: 'IST0130',
    level: 'warning',
    text: 'VirtualService rule {rule} not used ({reason}).',
    mend: 'Move the rule up, or remove it.',
  },
  IneffectiveMatch: {
    code: 'IST0131',
    level: 'info',
    text: 'VirtualService rule {rule} match #{match} is not used (duplicate/overlapping match in rule {first}).',
  },
  IneffectivePrefix: {
    code: 'IST0131',
    level: 'info',
    text: 'VirtualService rule {rule} match #{match} of prefix {prefix} is not used (duplicate/overlapping match in rule {first} of prefix {wider} on {on}).',
  },
  EnvoyRefuses: {
    code: 'BSP0105',
    level: 'error',
    text: 'Istio accepts this, and Envoy then refuses it: {problem}',
    mend: 'Correct the field; the resource is left out until then.',
  },
  ...SECURITY_MESSAGES,
  ...RATE_LIMIT_MESSAGES,
} as const satisfies Record<string, Message>;

export type MessageName = keyof typeof MESSAGES;

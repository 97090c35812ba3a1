/**
 * The catalogue of findings: one entry a message, with its code, level, text and mend. Istio's own code where Istio has
 * one (IST0101 …), BSP… for ours. docs/messages is generated from it. `{name}` in a text is replaced by the argument.
 */
import type { Level } from './finding.ts';
import { IMPORT_MESSAGES } from './messages-import.ts';
import { MESH_MESSAGES } from './messages-mesh.ts';
import { PLATFORM_MESSAGES } from './messages-platform.ts';
import { RATE_LIMIT_MESSAGES } from './messages-rate-limit.ts';
import { SECURITY_MESSAGES } from './messages-security.ts';
import { TRAFFIC_MESSAGES } from './messages-traffic.ts';
import { WASM_MESSAGES } from './messages-wasm.ts';

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
    level: 'warning',
    text: 'this server is not served: {reason}',
    mend: 'Give the server a port of its own, or a protocol and a TLS mode that end HTTP here.',
  },
  LegacyGatewayName: {
    code: 'IST0133',
    level: 'warning',
    text: 'Schema validation warning: using legacy gatewayName format "{name}"; prefer the <namespace>/<name> format: "{mended}"',
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
    code: 'BSP0108',
    level: 'info',
    text: 'the selector {selector} does not fit this gateway ({labels}); its servers are opened by other proxies',
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
  HostNotCovered: {
    code: 'BSP0107',
    level: 'warning',
    text: 'no Gateway of this VirtualService has the host {host}; requests to it are answered with 404',
    mend: 'Add the host to a server of a Gateway, or remove it here.',
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
    text: 'VirtualService rule {rule} match #{match} of prefix {prefix} is not used (duplicate/overlapping match in rule {on} of prefix {wider} on {first}).',
  },
  EnvoyRefuses: {
    code: 'BSP0105',
    level: 'error',
    text: 'Istio accepts this, and Envoy then refuses it: {problem}',
    mend: 'Correct the field; the resource is left out until then.',
  },
  FinalizersIgnored: {
    code: 'BSP0801',
    level: 'warning',
    text: 'finalizers are ignored here; a delete deletes at once',
    mend: 'Remove them, or keep the object in a cluster.',
  },
  ...SECURITY_MESSAGES,
  ...RATE_LIMIT_MESSAGES,
  UnknownHost: {
    code: 'BSP0106',
    level: 'warning',
    text: 'nothing given here says where {host} is; requests to it are answered with 503 unless the mesh entry reaches it',
    mend: 'Add its Service and EndpointSlices, a ServiceEntry, or a mesh entry.',
  },
  DestinationPortRequired: {
    code: 'IST0112',
    level: 'error',
    text: 'This VirtualService routes to a service "{host}" that exposes multiple ports [{ports}]. Specifying a port in the destination is required to disambiguate.',
    mend: "Add port.number; without it the port of the Gateway's server is used.",
  },
  ConflictingMeshHosts: {
    code: 'IST0109',
    level: 'error',
    text: 'The VirtualServices {virtualServices} associated with mesh gateway define the same host {host} which can lead to undefined behavior. This can be fixed by merging the conflicting VirtualServices into a single resource.',
  },
  UnverifiedUpstream: {
    code: 'IST0128',
    level: 'warning',
    text: 'DestinationRule {rule} in namespace {namespace} has TLS mode set to {mode} but no caCertificates are set to validate server identity for host: {host}',
    mend: 'Name the certificate authority of the upstream.',
  },
  UnverifiedUpstreamPort: {
    code: 'IST0129',
    level: 'warning',
    text: 'DestinationRule {rule} in namespace {namespace} has TLS mode set to {mode} but no caCertificates are set to validate server identity for host: {host} at port {port}',
    mend: 'Name the certificate authority of the upstream.',
  },
  ClaimWithoutAuthentication: {
    code: 'IST0149',
    level: 'error',
    text: 'The virtual service uses the JWT claim based routing (key: {key}) but found no request authentication for the gateway ({gateway}). The request authentication must first be applied for the gateway to validate the JWT token and make the claims available for routing.',
    mend: 'Add a RequestAuthentication that selects the gateway.',
  },
  RelativeOperation: {
    code: 'IST0151',
    level: 'warning',
    text: 'This EnvoyFilter does not have a priority and has a relative patch operation set which can cause the EnvoyFilter not to be applied. Using the INSERT_FIRST of ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  },
  ReplaceIgnored: {
    code: 'IST0152',
    level: 'error',
    text: 'The REPLACE operation is only valid for HTTP_FILTER and NETWORK_FILTER.',
  },
  AddIgnored: {
    code: 'IST0153',
    level: 'error',
    text: 'The ADD operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  },
  RemoveIgnored: {
    code: 'IST0154',
    level: 'error',
    text: 'The REMOVE operation will be ignored when applyTo is set to ROUTE_CONFIGURATION, or HTTP_ROUTE.',
  },
  RelativeOperationWithProxyVersion: {
    code: 'IST0155',
    level: 'warning',
    text: 'This EnvoyFilter does not have a priority and has a relative patch operation (NSTERT_BEFORE/AFTER, REPLACE, MERGE, DELETE) and proxyVersion set which can cause the EnvoyFilter not to be applied during an upgrade. Using the INSERT_FIRST or ADD option or setting the priority may help in ensuring the EnvoyFilter is applied correctly.',
  },
  RetriesWithoutRetryOn: {
    code: 'BSP0110',
    level: 'info',
    text: 'retries without retryOn: only failed connects and refused streams are tried again, not 5xx answers or timeouts',
    mend: 'Add retryOn, e.g. 5xx,reset,connect-failure,refused-stream.',
  },
  NeverEjected: {
    code: 'BSP0111',
    level: 'info',
    text: 'with {endpoints} endpoint(s) and at most {percent} % ejected at a time, no endpoint is ever ejected',
    mend: 'Raise maxEjectionPercent.',
  },
  Replaced: {
    code: 'BSP0109',
    level: 'warning',
    text: 'defined again at {place}; only the last definition counts, as with kubectl apply',
  },
  ...IMPORT_MESSAGES,
  ...PLATFORM_MESSAGES,
  ...MESH_MESSAGES,
  ...TRAFFIC_MESSAGES,
  ...WASM_MESSAGES,
  NoEndpoints: {
    code: 'BSP0113',
    level: 'warning',
    text: '{what} has no endpoint on port {port}: every request is answered with 503, no healthy upstream',
    mend: 'Give the service endpoints, or the subset labels that some endpoint has; resolution NONE has none outside the mesh.',
  },
  LogProviderNotServed: {
    code: 'BSP0114',
    level: 'warning',
    text: 'the access log provider {provider} {problem}: nothing is logged for it',
    mend: 'Use the provider envoy, or one with envoyFileAccessLog.',
  },
} as const satisfies Record<string, Message>;

export type MessageName = keyof typeof MESSAGES;

/** Istio's validation webhook: what a cluster would refuse or warn of when the resource is applied. */
import type { Loaded } from '../../resources/load.ts';
import { describe, type FieldPath, type ObjectMeta, type Resource } from '../../resources/resource.ts';
import type { Finding } from '../finding.ts';
import { finding } from '../report.ts';
import { validateAuthorizationPolicy } from './authorization-policy.ts';
import { validateDestinationRule } from './destination-rule.ts';
import { validateEnvoyFilter } from './envoy-filter.ts';
import { validateGateway } from './gateway.ts';
import { type Issue, Issues } from './issues.ts';
import { validateMetadata } from './metadata.ts';
import { validatePeerAuthentication } from './peer-authentication.ts';
import { validateProxyConfig } from './proxy-config.ts';
import { validateRequestAuthentication } from './request-authentication.ts';
import { validateServiceEntry } from './service-entry.ts';
import { validateSidecar } from './sidecar.ts';
import { validateTelemetry } from './telemetry.ts';
import { validateVirtualService } from './virtual-service.ts';
import { validateWasmPlugin } from './wasm-plugin.ts';
import { validateWorkloadEntry } from './workload-entry.ts';
import { validateWorkloadGroup } from './workload-group.ts';

/** The loader has checked every spec against its schema, so each validator may rely on the types of what is there. */
type Validate = (spec: never, issues: Issues, metadata: ObjectMeta) => void;

const VALIDATORS: Record<string, Validate> = {
  AuthorizationPolicy: validateAuthorizationPolicy,
  DestinationRule: validateDestinationRule,
  EnvoyFilter: validateEnvoyFilter,
  Gateway: validateGateway,
  PeerAuthentication: validatePeerAuthentication,
  ProxyConfig: validateProxyConfig,
  RequestAuthentication: validateRequestAuthentication,
  ServiceEntry: validateServiceEntry,
  Sidecar: validateSidecar,
  Telemetry: validateTelemetry,
  VirtualService: validateVirtualService,
  WasmPlugin: validateWasmPlugin,
  WorkloadEntry: validateWorkloadEntry,
  WorkloadGroup: validateWorkloadGroup,
};

/** What was loaded, with the resources that Istio's webhook refuses moved to `rejected`. */
export function validated(loaded: Loaded): Loaded {
  const result: Loaded = { resources: [], rejected: [...loaded.rejected], findings: [...loaded.findings] };
  for (const resource of loaded.resources) {
    const findings = validate(resource);
    for (const found of findings) result.findings.push(found);
    const isRefused = findings.some((found) => found.level === 'error');
    (isRefused ? result.rejected : result.resources).push(resource);
  }
  return result;
}

/** Findings IST0106 (error: Istio refuses the resource) and IST0133 (warning). */
export function validate(resource: Resource): Finding[] {
  const issues = new Issues();
  if (resource.group.endsWith('.istio.io')) {
    const metadata = new Issues(issues.found, undefined, ['metadata']);
    if (validateMetadata(resource, metadata))
      VALIDATORS[resource.kind]?.(resource.spec as never, issues, resource.metadata);
  }
  return issues.found.map((issue) => toFinding(resource, issue));
}

function toFinding(resource: Resource, { level, message, path }: Issue): Finding {
  const about = { resource: describe(resource), field: dotted(path), position: resource.at(path) };
  if (level === 'warning') return finding('SchemaWarning', { warning: message }, about);
  return finding('SchemaValidationError', { error: message }, about);
}

/** `spec.http[0].match[1]` */
const dotted = (path: FieldPath): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`))
    .join('')
    .slice(1);

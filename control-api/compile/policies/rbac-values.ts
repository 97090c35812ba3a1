/** The values of AuthorizationPolicies in the form Istio gives them to Envoy; captured oddities included. */
import type { RbacTest, RbacValue, StringMatch } from '../../../gateway/snapshot.ts';

/** Any text that is not empty: what `*` means wherever it does not mean "present". */
const NOT_EMPTY: StringMatch = { kind: 'regex', value: '.+' };
const SPIFFE = 'spiffe://';

/** `*`, `*suffix`, `prefix*` or exact. A star anywhere else is a character like others (captured: when-headers-odd). */
export function stringValue(value: string): StringMatch {
  if (value === '*') return NOT_EMPTY;
  if (value.startsWith('*')) return { kind: 'suffix', value: value.slice(1) };
  if (value.endsWith('*')) return { kind: 'prefix', value: value.slice(0, -1) };
  return { kind: 'exact', value };
}

/** Methods and headers: `*` means that the header is there, empty or not. */
export function headerValue(value: string): RbacValue {
  return value === '*' ? { kind: 'present' } : stringValue(value);
}

/** Hosts do not mind case, but do mind the port (captured: hosts). */
export function hostValue(value: string): RbacValue {
  return value === '*' ? { kind: 'present' } : { ...stringValue(value), ignoreCase: true };
}

export function pathValue(value: string): RbacValue {
  return /\{\*\*?\}/.test(value) ? { kind: 'template', value } : stringValue(value);
}

export function portValue(value: string): RbacValue {
  return { kind: 'port', value: Number(value) };
}

export function blockValue(value: string): RbacValue {
  return { kind: 'cidr', value };
}

/** The identity in a client certificate, `cluster.local/ns/default/sa/ui`, without `spiffe://` in the policy. */
export function peerValue(value: string): RbacValue {
  if (value === '*') return NOT_EMPTY;
  if (value.startsWith('*')) return { kind: 'regex', value: `${SPIFFE}.*${quoted(value.slice(1))}` };
  const match = stringValue(value);
  return { ...match, value: SPIFFE + match.value };
}

export function namespaceValue(value: string): RbacValue {
  return { kind: 'regex', value: `.*/ns/${value.split('*').map(quoted).join('.*')}/.*` };
}

/** `td`, `prefix*`, `*suffix` or `*`; a star does not go beyond the domain. */
export function trustDomainValue(value: string): RbacValue {
  if (value === '*') return { kind: 'prefix', value: SPIFFE };
  if (!value.includes('*')) return { kind: 'prefix', value: `${SPIFFE}${value}/` };
  return { kind: 'regex', value: `${SPIFFE}${value.split('*').map(quoted).join('[^/]*')}/.*` };
}

/** The text in a regular expression. */
const quoted = (text: string): string => text.replace(/[\\.+*?()|[\]{}^$]/g, '\\$&');

/** `name`, which means the policy's own namespace, or `namespace/name`. */
export function serviceAccountValue(value: string, policyNamespace: string): RbacValue {
  const slash = value.indexOf('/');
  const namespace = slash < 0 ? policyNamespace : value.slice(0, slash);
  const name = value.slice(slash + 1);
  return { kind: 'regex', value: `${SPIFFE}.+/ns/${quoted(namespace)}/(.+/|)sa/${quoted(name)}(/.+)?` };
}

/** `issuer/subject`, cut at the last slash because an issuer may be a URL. */
export function requestPrincipalValue(value: string): RbacValue {
  if (value === '*') return { kind: 'principal' };
  const slash = value.lastIndexOf('/');
  const [iss, sub] = slash < 0 ? [value, ''] : [value.slice(0, slash), value.slice(slash + 1)];
  const exact = (text: string): StringMatch => ({ kind: 'exact', value: text });
  if (value.startsWith('*')) {
    if (slash < 0) return { kind: 'principal', sub: { kind: 'suffix', value: value.slice(1) } };
    if (iss === '*') return { kind: 'principal', sub: exact(sub) };
    return { kind: 'principal', iss: { kind: 'suffix', value: iss.slice(1) }, sub: exact(sub) };
  }
  if (!value.endsWith('*')) return { kind: 'principal', iss: exact(iss), sub: exact(sub) };
  if (slash < 0) return { kind: 'principal', iss: { kind: 'prefix', value: value.slice(0, -1) } };
  if (sub === '*') return { kind: 'principal', iss: exact(iss) };
  return { kind: 'principal', iss: exact(iss), sub: { kind: 'prefix', value: sub.slice(0, -1) } };
}

/** `v` matches text, `[v]` an entry of a list; both readings are one here, because metadata of lists gives its entries. */
export function metadataValue(value: string): RbacValue {
  return stringValue(value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value);
}

/** undefined when neither list holds anything: then nothing is asked. */
export function rbacTest(
  attribute: string,
  values: readonly string[] | undefined,
  notValues: readonly string[] | undefined,
  convert: (value: string) => RbacValue,
): RbacTest[] {
  if (!values?.length && !notValues?.length) return [];
  return [{ attribute, values: (values ?? []).map(convert), notValues: (notValues ?? []).map(convert) }];
}

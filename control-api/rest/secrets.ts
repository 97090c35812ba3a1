/**
 * Secrets are write-only: values go in, are kept sealed, and come back as a placeholder. Sending the placeholder keeps what
 * is stored, so that `kubectl edit` and `kubectl label` do no harm.
 */
import { isSealed, type Sealer } from '../store/sealer.ts';
import { ApiError } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';
import { metaOf } from './metadata.ts';
import type { Target } from './target.ts';

/** Base64 of `<write-only>`, because clients decode what they get. */
export const WRITE_ONLY = btoa('<write-only>');

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

export const isSecret = ({ kind }: Target): boolean => kind.kind === 'Secret' && kind.group === '';

/** A body as it came: stringData becomes data, and kubectl's copy of the whole object loses its values. Throws Invalid for what is not base64, so that nothing from outside can pass for a sealed value. */
export function incomingSecret(body: Json): Json {
  const { stringData, ...rest } = body;
  const encoded = Object.entries(isObject(stringData) ? stringData : {}).map(([key, value]) => [key, encode(value)]);
  const data = { ...(isObject(rest.data) ? rest.data : {}), ...Object.fromEntries(encoded) };
  for (const [key, value] of Object.entries(data)) {
    if (typeof value !== 'string' || !BASE64.test(value)) throw invalid(metaOf(body).name, notBase64(key));
  }
  const withData = Object.keys(data).length > 0 ? { ...rest, data } : rest;
  return isObject(body.metadata) ? { ...withData, metadata: withoutLastValues(metaOf(body)) } : withData;
}

const notBase64 = (key: string): string => `data[${key}]: a base64 string is needed`;
const encode = (value: unknown): string => Buffer.from(String(value)).toString('base64');

function withoutLastValues(metadata: Json): Json {
  const annotations = metadata.annotations;
  const last = isObject(annotations) ? annotations[LAST_APPLIED] : undefined;
  if (typeof last !== 'string') return metadata;
  return { ...metadata, annotations: { ...(annotations as Json), [LAST_APPLIED]: withoutValues(last) } };
}

/** The names of the keys stay: by them kubectl finds out which were taken away. */
function withoutValues(json: string): string {
  try {
    const object = JSON.parse(json) as Json;
    for (const field of ['data', 'stringData']) if (isObject(object[field])) object[field] = masked(object[field]);
    return `${JSON.stringify(object)}\n`;
  } catch {
    return '{}\n';
  }
}

const masked = (data: Json): Json => Object.fromEntries(Object.keys(data).map((key) => [key, WRITE_ONLY]));

/** As anybody may see it. */
export function outgoingSecret(object: Json): Json {
  return isObject(object.data) ? { ...object, data: masked(object.data) } : object;
}

/**
 * Values that are the placeholder, or what is stored anyway, as they are stored: the same value sealed anew would look like a
 * change to whoever applies it again.
 */
export function keptSecret(object: Json, live: Json | undefined, sealer: Sealer | undefined): Json {
  if (!isObject(object.data) || !isObject(live?.data)) return object;
  const before = live.data as Record<string, string>;
  const { name, namespace } = metaOf(live);
  const isKept = (key: string, value: unknown): boolean =>
    before[key] !== undefined &&
    (value === WRITE_ONLY || sealer?.open(before[key], placeOf(namespace, name, key)) === value);
  const data = Object.entries(object.data).map(([key, value]) => [key, isKept(key, value) ? before[key] : value]);
  return { ...object, data: Object.fromEntries(data) };
}

/** As it is stored: every value sealed. Throws Invalid. */
export function sealedSecret(object: Json, sealer: Sealer | undefined): Json {
  const { name, namespace } = metaOf(object);
  const data = (isObject(object.data) ? object.data : {}) as Record<string, string>;
  requireKeys(name, object.type, data);
  const sealed = Object.entries(data).map(([key, value]) => {
    if (isSealed(value)) return [key, value];
    if (typeof value !== 'string' || !BASE64.test(value)) throw invalid(name, notBase64(key));
    if (!sealer) throw invalid(name, 'data: this installation has no SECRET_KEY, so that no Secret can be kept');
    return [key, sealer.seal(value, placeOf(namespace, name, key))];
  });
  return { type: 'Opaque', ...object, ...(sealed.length > 0 && { data: Object.fromEntries(sealed) }) };
}

const placeOf = (namespace: string | undefined, name: string, key: string): string => `${namespace}/${name}/${key}`;

/** As Kubernetes checks it. Throws Invalid. */
function requireKeys(name: string, type: unknown, data: Json): void {
  const missing = type === 'kubernetes.io/tls' ? ['tls.crt', 'tls.key'].filter((key) => data[key] === undefined) : [];
  if (missing.length > 0) throw invalid(name, missing.map((key) => `data[${key}]: Required value`).join(', '));
}

const invalid = (name: string, why: string) =>
  new ApiError('Invalid', `Secret "${name}" is invalid: ${why}`, { group: '', kind: 'Secret', name });

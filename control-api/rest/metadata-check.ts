/** What Kubernetes asks of metadata, whatever the kind (apimachinery's ValidateObjectMeta). */
import { ApiError, type Cause } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';
import { metaOf } from './metadata.ts';
import type { Target } from './target.ts';

const PREFIX = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const NAME = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const VALUE = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const LONGEST_PREFIX = 253;
/** Of all annotations together. */
const ANNOTATIONS_BYTES = 256 * 1024;

/** Throws BadRequest for what is of another type, Invalid for what has the wrong form. */
export function checkMetadata(object: Json, { kind }: Target): void {
  const { labels, annotations, finalizers, ownerReferences, name } = metaOf(object);
  checkTypes({ labels, annotations }, isTexts, 'a map of texts');
  checkTypes({ finalizers, ownerReferences }, Array.isArray, 'a list');
  const causes = [...labelProblems((labels ?? {}) as Texts), ...annotationProblems((annotations ?? {}) as Texts)];
  if (causes.length === 0) return;
  const text = causes.map(({ field, message }) => `${field}: ${message}`).join(', ');
  throw new ApiError('Invalid', `${kind.kind} "${name}" is invalid: ${text}`, {
    group: kind.group,
    kind: kind.kind,
    name,
    causes,
  });
}

type Texts = Record<string, string>;

const isTexts = (value: unknown): boolean =>
  isObject(value) && Object.values(value).every((item) => typeof item === 'string');

function checkTypes(fields: Record<string, unknown>, isRight: (value: unknown) => boolean, wanted: string): void {
  for (const [field, value] of Object.entries(fields)) {
    if (value !== undefined && value !== null && !isRight(value))
      throw new ApiError('BadRequest', `metadata.${field}: ${wanted} is needed`);
  }
}

function labelProblems(labels: Texts): Cause[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(isKey(key)
      ? []
      : [
          problem(
            'metadata.labels',
            `Invalid value: ${JSON.stringify(key)}: a name of at most 63 letters, digits, '-', '_' and '.' is needed, with a DNS name and '/' before it or not`,
          ),
        ]),
    ...(VALUE.test(value)
      ? []
      : [
          problem(
            'metadata.labels',
            `Invalid value: ${JSON.stringify(value)}: at most 63 letters, digits, '-', '_' and '.' are allowed, with a letter or digit at both ends`,
          ),
        ]),
  ]);
}

function annotationProblems(annotations: Texts): Cause[] {
  const size = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + key.length + Buffer.byteLength(value),
    0,
  );
  const bad = Object.keys(annotations).filter((key) => !isKey(key.toLowerCase()));
  return [
    ...bad.map((key) =>
      problem('metadata.annotations', `Invalid value: ${JSON.stringify(key)}: it is not a qualified name`),
    ),
    ...(size > ANNOTATIONS_BYTES
      ? [problem('metadata.annotations', `Too long: must have at most ${ANNOTATIONS_BYTES} bytes`)]
      : []),
  ];
}

function isKey(key: string): boolean {
  const parts = key.split('/');
  const [name = '', prefix] = parts.reverse();
  const isPrefixed = prefix === undefined || (prefix.length <= LONGEST_PREFIX && PREFIX.test(prefix));
  return parts.length <= 2 && isPrefixed && NAME.test(name);
}

const problem = (field: string, message: string): Cause => ({ reason: 'FieldValueInvalid', message, field });

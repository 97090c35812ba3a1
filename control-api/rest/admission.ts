/** Admission: the same checks as `bowsprit check`, answered the way kubectl shows them, on the field. */
import type { Finding } from '../analysis/finding.ts';
import { finding } from '../analysis/report.ts';
import { validated } from '../analysis/validate/validate.ts';
import { loadResources } from '../resources/load.ts';
import type { Resource } from '../resources/resource.ts';
import { ApiError, type Cause } from './api-error.ts';
import type { Json } from './apply/fields.ts';
import { metaOf } from './metadata.ts';
import type { Target } from './target.ts';

/** What a client wants done about unknown and duplicate fields; kubectl sends Strict unless told otherwise. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What an analysis of everything stored would say about an object that is not stored yet. */
export type Review = (resource: Resource) => Finding[];

/**
 * Warnings for kubectl's Warning headers. Throws Invalid when the object has an error, with a cause for each field. What only
 * the other objects make wrong (a Gateway that is not there yet) warns, because it depends on the order of writing.
 */
export function admit(object: Json, target: Target, validation: FieldValidation, review: Review): string[] {
  const source = { file: '(api)', text: JSON.stringify(withoutValues(object)) };
  const { findings, resources } = validated(loadResources([source], { namespace: target.namespace || 'default' }));
  // Kubernetes decodes before it validates, so a misspelt field is told before what follows from it.
  const unknown = findings.filter((finding) => finding.name === 'UnknownField');
  if (validation === 'Strict' && unknown.length > 0) throw strictError(object, target, unknown);
  const errors = findings.filter(({ level }) => level === 'error');
  if (errors.length > 0) throw invalid(object, target, errors);
  const warnings = findings.filter((finding) => finding.level === 'warning');
  const told = validation === 'Ignore' ? warnings.filter((finding) => !unknown.includes(finding)) : warnings;
  const reviewed = resources.flatMap(review).filter(({ level }) => level !== 'info');
  return [...new Set([...told, ...finalizers(object), ...reviewed].map(describe))];
}

/** A Secret's values stay out of every text that could come back. */
function withoutValues({ data, stringData, ...object }: Json): Json {
  return object.kind === 'Secret' ? object : { ...object, ...(data !== undefined && { data }) };
}

/** Worded as the Kubernetes API server does, so that kubectl's users know it at sight. */
function strictError(object: Json, target: Target, unknown: Finding[]): ApiError {
  const { kind, group } = target.kind;
  const fields = unknown.map((finding) => `unknown field "${finding.field}"`).join(', ');
  return new ApiError(
    'BadRequest',
    `${kind} in version "${String(object.apiVersion).split('/').at(-1)}" cannot be handled as a ${kind}: strict decoding error: ${fields}`,
    { group, kind, name: metaOf(object).name },
  );
}

const describe = (finding: Finding): string =>
  `${finding.code}${finding.field ? ` ${finding.field}` : ''}: ${finding.message}${finding.mend ? ` ${finding.mend}` : ''}`;

/** Nothing here ever removes a finalizer, so honouring one would keep the object forever. */
function finalizers(object: Json): Finding[] {
  const { finalizers } = metaOf(object);
  if (!Array.isArray(finalizers) || finalizers.length === 0) return [];
  return [finding('FinalizersIgnored', {}, { field: 'metadata.finalizers' })];
}

function invalid(object: Json, target: Target, errors: Finding[]): ApiError {
  const { name } = metaOf(object);
  const { kind, group } = target.kind;
  const causes: Cause[] = errors.map((error) => ({
    reason: 'FieldValueInvalid',
    message: error.message,
    ...(error.field && { field: error.field }),
  }));
  const texts = errors.map((error) => (error.field ? `${error.field}: ${error.message}` : error.message));
  const message = `${kind}${group ? `.${group}` : ''} "${name}" is invalid: ${texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`}`;
  return new ApiError('Invalid', message, { group, kind, name, causes });
}

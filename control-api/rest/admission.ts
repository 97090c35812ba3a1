/** Admission: the same checks as `bowsprit check`, answered the way kubectl shows them, on the field. */
import type { Finding } from '../analysis/finding.ts';
import { validated } from '../analysis/validate/validate.ts';
import { loadResources } from '../resources/load.ts';
import { ApiError, type Cause } from './api-error.ts';
import type { Json } from './apply/fields.ts';
import { metaOf } from './metadata.ts';
import type { Target } from './target.ts';

/** What a client wants done about unknown and duplicate fields; kubectl sends Strict unless told otherwise. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** Warnings for kubectl's Warning headers. Throws Invalid when the object has an error, with a cause for each field. */
export function admit(object: Json, target: Target, validation: FieldValidation): string[] {
  const source = { file: '(api)', text: JSON.stringify(object) };
  const { findings } = validated(loadResources([source], { namespace: target.namespace || 'default' }));
  const errors = findings.filter((finding) => finding.level === 'error');
  if (errors.length > 0) throw invalid(object, target, errors);
  const unknown = findings.filter((finding) => finding.name === 'UnknownField');
  if (validation === 'Strict' && unknown.length > 0) throw strictError(object, target, unknown);
  const warnings = findings.filter((finding) => finding.level === 'warning');
  const told = validation === 'Ignore' ? warnings.filter((finding) => !unknown.includes(finding)) : warnings;
  return [...told.map(describe), ...finalizerWarning(object)];
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
function finalizerWarning(object: Json): string[] {
  const finalizers = metaOf(object).finalizers;
  return Array.isArray(finalizers) && finalizers.length > 0
    ? ['BSP0801 metadata.finalizers: finalizers are ignored here; a delete deletes at once']
    : [];
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

/** The parameters that Kubernetes' clients put into the query. What is not understood is refused: a dry run that is written otherwise must not write. */
import type { FieldValidation } from './admission.ts';
import { ApiError } from './api-error.ts';

export interface WriteOptions {
  manager: string;
  dryRun: boolean;
  force: boolean;
  fieldValidation: FieldValidation;
}

const LONGEST_MANAGER = 128;
const VALIDATIONS: readonly string[] = ['Strict', 'Warn', 'Ignore'];

/** `client` is the manager of clients that name none. Throws Invalid. */
export function writeOptions(query: URLSearchParams, client: string): WriteOptions {
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  const wrong = dryRun.find((value) => value !== 'All');
  if (wrong !== undefined) throw unsupported('dryRun', wrong, ['All']);
  const fieldValidation = query.get('fieldValidation') || 'Warn';
  if (!VALIDATIONS.includes(fieldValidation)) throw unsupported('fieldValidation', fieldValidation, VALIDATIONS);
  const manager = query.get('fieldManager') || client;
  if (manager.length > LONGEST_MANAGER || /\p{C}/u.test(manager)) {
    throw new ApiError(
      'Invalid',
      `fieldManager: Invalid value: at most ${LONGEST_MANAGER} printable characters are allowed`,
    );
  }
  const force = query.get('force') === 'true';
  return { manager, dryRun: dryRun.length > 0, force, fieldValidation: fieldValidation as FieldValidation };
}

function unsupported(field: string, value: string, supported: readonly string[]): ApiError {
  const names = supported.map((name) => JSON.stringify(name)).join(', ');
  return new ApiError('Invalid', `${field}: Unsupported value: ${JSON.stringify(value)}: supported values: ${names}`);
}

const DEFAULT_WATCH_SECONDS = 1800;
/** Timers take no more than 2^31 ms; nobody needs a longer watch than a day without connecting again. */
const LONGEST_WATCH_SECONDS = 86_400;

/** How long a watch lasts, and after which change it begins (undefined: with what there is). Throws BadRequest. */
export function watchRange(query: URLSearchParams): { since: number | undefined; timeoutMs: number } {
  const seconds = number(query, 'timeoutSeconds') || DEFAULT_WATCH_SECONDS;
  const since = number(query, 'resourceVersion');
  return { since: since || undefined, timeoutMs: Math.min(seconds, LONGEST_WATCH_SECONDS) * 1000 };
}

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) || undefined;
  if (text !== undefined && !/^\d+$/.test(text))
    throw new ApiError('BadRequest', `${name}: Invalid value: ${JSON.stringify(text)}: a whole number is needed`);
  return text === undefined ? undefined : Number(text);
}

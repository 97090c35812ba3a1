/** The parameters that Kubernetes' clients put into the query. What is not understood is refused: a dry run that is written otherwise must not write. */

import { ExpiredError } from '../store/objects.ts';
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

export interface WatchRange {
  /** The changes after this one; undefined: the present objects first, as ADDED. */
  since: number | undefined;
  /** The client waits to be told where the present objects end. */
  marksInitial: boolean;
  timeoutMs: number;
}

/**
 * How long a watch lasts, and where it begins. With `sendInitialEvents`, by which informers list and watch in one call, always with the
 * present objects: they are not older than any resourceVersion. @param newest of the store. Throws BadRequest, Invalid and Expired.
 */
export function watchRange(query: URLSearchParams, newest: number): WatchRange {
  const seconds = number(query, 'timeoutSeconds') || DEFAULT_WATCH_SECONDS;
  const version = number(query, 'resourceVersion') || undefined;
  const initial = initialEvents(query);
  if (initial !== undefined && version !== undefined && version > newest) {
    throw new ExpiredError(`resourceVersion ${version} was never given`);
  }
  return {
    since: initial === undefined ? version : initial ? undefined : (version ?? newest),
    marksInitial: initial === true,
    timeoutMs: Math.min(seconds, LONGEST_WATCH_SECONDS) * 1000,
  };
}

/** The rules of Kubernetes' ListOptions. */
function initialEvents(query: URLSearchParams): boolean | undefined {
  const asked = query.get('sendInitialEvents') || undefined;
  const match = query.get('resourceVersionMatch') || undefined;
  if (asked === undefined && match === undefined) return undefined;
  if (asked === undefined)
    throw forbidden('resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided');
  if (match !== 'NotOlderThan')
    throw forbidden('sendInitialEvents requires setting resourceVersionMatch to NotOlderThan');
  return asked === 'true' || asked === '1';
}

const forbidden = (text: string): ApiError => new ApiError('Invalid', `resourceVersionMatch: Forbidden: ${text}`);

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) || undefined;
  if (text !== undefined && !/^\d+$/.test(text))
    throw new ApiError('BadRequest', `${name}: Invalid value: ${JSON.stringify(text)}: a whole number is needed`);
  return text === undefined ? undefined : Number(text);
}

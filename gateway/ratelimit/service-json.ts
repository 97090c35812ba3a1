/** The rate-limit service's messages in protobuf's JSON form: both spellings in, camelCase out, zero values left out. */
import type { LimitUnit } from '../snapshot.ts';
import { type Decision, type DescriptorStatus, tightest } from './decision.ts';
import type { LimitRequest, LimitRequestDescriptor } from './limiter.ts';
import { UNIT_SECONDS } from './units.ts';

/** A request that is not a RateLimitRequest; the service answers 400 for it. */
export class BadLimitRequest extends Error {
  readonly code = 'BAD_LIMIT_REQUEST';
}

type Fields = Record<string, unknown>;

const UNITS: readonly (LimitUnit | 'UNKNOWN')[] = [
  'UNKNOWN',
  'SECOND',
  'MINUTE',
  'HOUR',
  'DAY',
  'MONTH',
  'YEAR',
  'WEEK',
];
const MAX_UINT32 = 2 ** 32 - 1;

/** @throws BadLimitRequest for bad JSON, an unknown or doubled field, a wrong type, no domain or no descriptor. */
export function parseLimitRequest(body: string): LimitRequest {
  const fields = message(parseJson(body), ['domain', 'descriptors', 'hitsAddend']);
  const domain = text(fields.domain);
  const descriptors = list(fields.descriptors).map(descriptorOf);
  if (domain === '') throw new BadLimitRequest('rate limit domain must not be empty');
  if (descriptors.length === 0) throw new BadLimitRequest('rate limit descriptor list must not be empty');
  const hitsAddend = integer(fields.hitsAddend, MAX_UINT32);
  return { domain, descriptors, ...(hitsAddend === undefined ? {} : { hitsAddend }) };
}

function descriptorOf(value: unknown): LimitRequestDescriptor {
  const fields = message(value, ['entries', 'limit', 'hitsAddend']);
  const entries = list(fields.entries).map((entry) => {
    const { key, value } = message(entry, ['key', 'value']);
    return { key: text(key), value: text(value) };
  });
  const hitsAddend = integer(fields.hitsAddend, Number.MAX_SAFE_INTEGER);
  const limit = fields.limit == null ? undefined : limitOf(fields.limit);
  return { entries, ...(limit ? { limit } : {}), ...(hitsAddend === undefined ? {} : { hitsAddend }) };
}

function limitOf(value: unknown): NonNullable<LimitRequestDescriptor['limit']> {
  const fields = message(value, ['requestsPerUnit', 'unit']);
  const unit = typeof fields.unit === 'number' ? UNITS[fields.unit] : fields.unit;
  if (typeof unit !== 'string' || !(unit in UNIT_SECONDS)) throw new BadLimitRequest('unknown unit');
  return { requestsPerUnit: integer(fields.requestsPerUnit, MAX_UINT32) ?? 0, unit: unit as LimitUnit };
}

function parseJson(body: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new BadLimitRequest(String(error));
  }
  if (hasDoubledField(body)) throw new BadLimitRequest('doubled field');
  return value;
}

/** JSON.parse takes the last of several, protobuf's JSON refuses them. */
function hasDoubledField(json: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, key, isKey] of json.matchAll(/("(?:[^"\\]|\\.)*")(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (isKey && key !== undefined) {
      const fields = open.at(-1);
      if (fields?.has(key)) return true;
      fields?.add(key);
    }
  }
  return false;
}

/** The fields by their camelCase names; null stands for an absent one. */
function message(value: unknown, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new BadLimitRequest('not a message');
  const fields: Fields = {};
  for (const [name, field] of Object.entries(value)) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    if (!names.includes(camel) || camel in fields) throw new BadLimitRequest(`unknown or doubled field "${name}"`);
    fields[camel] = field;
  }
  return fields;
}

function text(value: unknown): string {
  if (value == null) return '';
  if (typeof value !== 'string') throw new BadLimitRequest('not a string');
  return value;
}

function list(value: unknown): unknown[] {
  if (value == null) return [];
  if (!Array.isArray(value)) throw new BadLimitRequest('not a list');
  return value;
}

function integer(value: unknown, most: number): number | undefined {
  if (value == null) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > most) {
    throw new BadLimitRequest('not an integer in range');
  }
  return number;
}

/** What goes beside the statuses: LIMIT_RESPONSE_HEADERS_ENABLED, RESPONSE_DYNAMIC_METADATA. */
export interface ResponseSettings {
  headers?: { limit: string; remaining: string; reset: string };
  dynamicMetadata: boolean;
}

/** RateLimitResponse. */
export function limitResponse(request: LimitRequest, decision: Decision, settings: ResponseSettings): Fields {
  const headers = settings.headers && headersOf(decision, settings.headers);
  return {
    overallCode: decision.over ? 'OVER_LIMIT' : 'OK',
    statuses: decision.statuses.map(statusJson),
    ...(headers ? { responseHeadersToAdd: headers } : {}),
    ...(settings.dynamicMetadata ? { dynamicMetadata: metadataOf(request, decision) } : {}),
  };
}

function statusJson(status: DescriptorStatus): Fields {
  const { currentLimit: limit, durationUntilReset } = status;
  const named = limit?.name ? { name: limit.name } : {};
  const perUnit = limit?.requestsPerUnit ? { requestsPerUnit: limit.requestsPerUnit } : {};
  return {
    code: status.over ? 'OVER_LIMIT' : 'OK',
    ...(limit ? { currentLimit: { ...named, ...perUnit, unit: limit.unit } } : {}),
    ...(status.limitRemaining ? { limitRemaining: status.limitRemaining } : {}),
    ...(durationUntilReset === undefined ? {} : { durationUntilReset: `${durationUntilReset}s` }),
  };
}

function headersOf({ statuses }: Decision, names: NonNullable<ResponseSettings['headers']>): Fields[] | undefined {
  const status = tightest(statuses);
  if (!status?.currentLimit) return undefined;
  return [
    { key: names.limit, value: String(status.currentLimit.requestsPerUnit) },
    { key: names.remaining, value: String(status.limitRemaining) },
    { key: names.reset, value: String(status.durationUntilReset) },
  ];
}

function metadataOf(request: LimitRequest, { statuses }: Decision): Fields {
  const passed = statuses.flatMap(({ over, metadata }) => (over || !metadata ? [] : [metadata]));
  const merged = passed.reduce<Fields>(merge, {});
  return {
    domain: request.domain,
    descriptors: request.descriptors.map(({ entries, limit, hitsAddend }) => ({
      entries: entries.map(({ key, value }) => `${key}=${value}`),
      ...(limit ? { limit: limitText(limit) } : {}),
      ...(hitsAddend === undefined ? {} : { hitsAddend }),
    })),
    ...(request.hitsAddend ? { hitsAddend: request.hitsAddend } : {}),
    ...(Object.keys(merged).length > 0 ? { metadata: merged } : {}),
  };
}

/** Protobuf's text form. */
function limitText({ requestsPerUnit, unit }: NonNullable<LimitRequestDescriptor['limit']>): string {
  return `${requestsPerUnit ? `requests_per_unit:${requestsPerUnit} ` : ''}unit:${unit}`;
}

/** Objects are merged, everything else keeps the first value. */
function merge(into: Fields, from: Fields): Fields {
  const merged: Fields = { ...into };
  for (const [key, value] of Object.entries(from)) {
    const known = merged[key];
    if (!(key in merged)) merged[key] = value;
    else if (isObject(known) && isObject(value)) merged[key] = merge(known, value);
  }
  return merged;
}

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Request bodies: bounded in size and depth, JSON or YAML by content type. */
import { parse as parseYaml } from 'yaml';
import { ApiError } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';

/** Kubernetes' own limit for one object is 1.5 MiB in etcd; a request may be twice that. */
const MAX_BYTES = 3 * 1024 * 1024;
const MAX_DEPTH = 64;

/** The parsed body; undefined when there is none. Throws RequestEntityTooLarge or BadRequest. */
export async function readBody(request: Request): Promise<unknown> {
  const text = await readText(request);
  if (text === '') return undefined;
  const isYaml = /yaml/.test(request.headers.get('content-type') ?? '');
  try {
    return checkDepth(isYaml ? parseYaml(text, { maxAliasCount: 0 }) : JSON.parse(text));
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw new ApiError(
      'BadRequest',
      `the body is not readable ${isYaml ? 'YAML' : 'JSON'}: ${(error as Error).message.split('\n')[0]}`,
    );
  }
}

export async function readObject(request: Request): Promise<Json> {
  const body = await readBody(request);
  if (!isObject(body)) throw new ApiError('BadRequest', 'the body must be an object');
  return body;
}

async function readText(request: Request): Promise<string> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return new Blob(chunks).text();
}

const tooLarge = () => new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BYTES}`);

function checkDepth(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new ApiError('BadRequest', `the body is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) checkDepth(item, depth + 1);
  return value;
}

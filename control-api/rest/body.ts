/** Request bodies: bounded in size and depth, JSON, YAML or Kubernetes' protobuf by content type. */
import { parse as parseYaml } from 'yaml';
import { ApiError } from './api-error.ts';
import { isObject, type Json } from './apply/fields.ts';
import { PROTOBUF, readProtobuf } from './protobuf.ts';

/** Kubernetes' own limit for one object is 1.5 MiB in etcd; a request may be twice that. */
const MAX_BYTES = 3 * 1024 * 1024;
const MAX_DEPTH = 64;

/** The parsed body; undefined when there is none. Throws RequestEntityTooLarge or BadRequest. */
export async function readBody(request: Request): Promise<unknown> {
  const body = await readBlob(request);
  const contentType = request.headers.get('content-type') ?? '';
  if (body.size === 0) return undefined;
  if (contentType.startsWith(PROTOBUF)) return readProtobuf(new Uint8Array(await body.arrayBuffer()));
  return parseText(await body.text(), /yaml/.test(contentType));
}

function parseText(text: string, isYaml: boolean): unknown {
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

async function readBlob(request: Request): Promise<Blob> {
  if (Number(request.headers.get('content-length') ?? 0) > MAX_BYTES) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return new Blob(chunks);
}

const tooLarge = () => new ApiError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BYTES}`);

function checkDepth(value: unknown, depth = 0): unknown {
  if (depth > MAX_DEPTH) throw new ApiError('BadRequest', `the body is nested deeper than ${MAX_DEPTH} levels`);
  if (typeof value === 'object' && value !== null) for (const item of Object.values(value)) checkDepth(item, depth + 1);
  return value;
}

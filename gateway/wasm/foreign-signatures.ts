/**
 * The foreign functions `sign` and `verify_signature`: protobuf in and out, as Envoy's sign.proto and verify_signature.proto have
 * it. What Envoy 1.40 answers to which mistake is compared in test/parity/foreign.peers.ts.
 */
import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { Status } from './abi.ts';

const HASHES = new Set(['sha1', 'sha224', 'sha256', 'sha384', 'sha512']);
const VARINT = 0;
const BYTES = 2;

/** Length-delimited fields by number; undefined: no protobuf. */
function fieldsOf(input: Uint8Array): Map<number, Uint8Array> | undefined {
  const fields = new Map<number, Uint8Array>();
  try {
    const reader = new BinaryReader(input);
    while (reader.pos < reader.len) {
      const [field, type] = reader.tag();
      if (type === BYTES) fields.set(field, reader.bytes());
      else reader.skip(type, field);
    }
    return fields;
  } catch {
    return undefined;
  }
}

const text = (bytes: Uint8Array | undefined): string => new TextDecoder().decode(bytes);
/** An empty field counts as absent, as in proto3. */
const given = (bytes: Uint8Array | undefined): bytes is Uint8Array => bytes !== undefined && bytes.length > 0;

/** In DER or PEM, not in both; undefined: none, which is a bad argument. null: unreadable, which is an answer. */
function keyOf(
  der: Uint8Array | undefined,
  pem: Uint8Array | undefined,
  isPublic: boolean,
): KeyObject | null | undefined {
  if (given(der) === given(pem)) return undefined;
  try {
    if (given(pem)) return isPublic ? createPublicKey(text(pem)) : createPrivateKey(text(pem));
    const key = Buffer.from(der as Uint8Array);
    return isPublic
      ? createPublicKey({ key, format: 'der', type: 'spki' })
      : createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  } catch {
    return null;
  }
}

/** `error` stands in field 2 of a verification's result and in field 3 of a signature's. */
function refused(error: string, field: number): Uint8Array {
  return new BinaryWriter().tag(field, BYTES).string(error).finish();
}

/** Arguments: 1 hash function, 2 key in DER, 3 signature, 4 text, 5 key in PEM. Result: 1 whether it is valid, 2 why not. */
export function verifySignature(input: Uint8Array): Uint8Array | Status {
  const fields = fieldsOf(input);
  const key = fields && keyOf(fields.get(2), fields.get(5), true);
  if (!fields || key === undefined) return Status.BadArgument;
  const hash = text(fields.get(1));
  if (!HASHES.has(hash.toLowerCase())) return refused(`${hash} is not supported.`, 2);
  if (key === null) return refused('Failed to initialize digest verify.', 2);
  const [signature, signed] = [fields.get(3) ?? new Uint8Array(0), fields.get(4) ?? new Uint8Array(0)];
  const isValid = attempt(() => verifyBytes(hash.toLowerCase(), signed, key, signature)) ?? false;
  return isValid
    ? new BinaryWriter().tag(1, VARINT).bool(true).finish()
    : refused('Failed to verify digest. Error code: 0', 2);
}

/** Arguments: 1 hash function, 2 key in DER, 3 text, 4 key in PEM. Result: 1 whether it could be, 2 the signature, 3 why not. */
export function sign(input: Uint8Array): Uint8Array | Status {
  const fields = fieldsOf(input);
  const key = fields && keyOf(fields.get(2), fields.get(4), false);
  if (!fields || key === undefined) return Status.BadArgument;
  const hash = text(fields.get(1));
  if (key === null) return refused('Invalid key type: private key required for signing operation.', 3);
  if (!HASHES.has(hash.toLowerCase())) return refused(`${hash} is not supported.`, 3);
  const signature = attempt(() => signBytes(hash.toLowerCase(), fields.get(3) ?? new Uint8Array(0), key));
  if (!signature) return refused('Failed to create digest signature.', 3);
  return new BinaryWriter().tag(1, VARINT).bool(true).tag(2, BYTES).bytes(signature).finish();
}

/** A key of a kind that takes no such hash throws. */
function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}

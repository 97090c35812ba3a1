/**
 * proxy_call_foreign_function: those of Envoy's that an edge can carry out. The others (expr_create, declare_property,
 * set_envoy_filter_state …) reach into Envoy's own objects and are not found, so that a filter can tell.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { Status } from './abi.ts';
import type { Context } from './context.ts';
import { sign, verifySignature } from './foreign-signatures.ts';

type ForeignFunction = (context: Context, input: Uint8Array) => Uint8Array | Status;

/** How much a compressed input may unfold to. */
const MAX_INFLATED = 16 * 1024 * 1024;

export const foreignFunctions: Readonly<Record<string, ForeignFunction>> = {
  clear_route_cache: (context) => {
    context.stream?.clearRouteCache();
    return new Uint8Array(0);
  },
  sign: (_, input) => sign(input),
  verify_signature: (_, input) => verifySignature(input),
  compress: (_, input) => deflateSync(input),
  uncompress: (_, input) => {
    try {
      return inflateSync(input, { maxOutputLength: MAX_INFLATED });
    } catch {
      return Status.SerializationFailure;
    }
  },
};

/** headers: of a route or a destination → the operations, and the authority that they set. */
import type { HeaderOperation, HeaderOperations } from '../../gateway/snapshot.ts';
import { compare } from './names.ts';
import type { HeaderOperationsSpec, HeadersSpec } from './spec.ts';

export interface TranslatedHeaders {
  operations?: HeaderOperations;
  /** From `host` or `:authority`, in set before add: it rewrites the host as it is written, operators and all. */
  authority?: string;
}

export function headerOperations(spec: HeadersSpec | undefined): TranslatedHeaders | undefined {
  if (!spec) return undefined;
  const request = operation(spec.request);
  const response = operation(spec.response);
  const authority = authorityOf(spec.request?.set) ?? authorityOf(spec.request?.add);
  return {
    ...((request || response) && { operations: { ...(request && { request }), ...(response && { response }) } }),
    ...(authority && { authority }),
  };
}

/** Names keep no order in YAML, so they are sorted, as Istio sorts them. */
function operation(spec: HeaderOperationsSpec | undefined): HeaderOperation | undefined {
  const set = pairs(spec?.set);
  const add = pairs(spec?.add);
  const remove = (spec?.remove ?? []).filter((name) => !isInternal(name)).map((name) => name.toLowerCase());
  if (set.length + add.length + remove.length === 0) return undefined;
  return { ...(set.length > 0 && { set }), ...(add.length > 0 && { add }), ...(remove.length > 0 && { remove }) };
}

function pairs(headers: Record<string, string> | undefined): [string, string][] {
  return Object.entries(headers ?? {})
    .filter(([name]) => !isInternal(name))
    .sort(([a], [b]) => compare(a, b))
    .map(([name, value]) => [name.toLowerCase(), value]);
}

const isInternal = (name: string): boolean => name.startsWith(':') || name.toLowerCase() === 'host';

function authorityOf(headers: Record<string, string> | undefined): string | undefined {
  const found = Object.entries(headers ?? {}).filter(([name]) => /^(host|:authority)$/i.test(name));
  return found.at(-1)?.[1];
}

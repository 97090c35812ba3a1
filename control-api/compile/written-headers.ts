/** The header values that a VirtualService writes, wherever it may. */
import type { FieldPath } from '../resources/resource.ts';
import type { HeadersSpec, VirtualServiceSpec } from './spec.ts';

export interface WrittenHeader {
  path: FieldPath;
  value: string;
}

/** Set or added, on requests and answers, by rules and by their destinations. */
export function writtenHeaders({ http = [] }: VirtualServiceSpec): WrittenHeader[] {
  return http.flatMap(({ headers, route = [] }, index) => [
    ...written(headers, ['spec', 'http', index, 'headers']),
    ...route.flatMap((one, at) => written(one.headers, ['spec', 'http', index, 'route', at, 'headers'])),
  ]);
}

function written(headers: HeadersSpec | undefined, path: FieldPath): WrittenHeader[] {
  if (headers === undefined) return [];
  return (['request', 'response'] as const).flatMap((direction) =>
    (['set', 'add'] as const).flatMap((field) =>
      Object.entries(headers[direction]?.[field] ?? {}).map(([name, value]) => ({
        path: [...path, direction, field, name],
        value,
      })),
    ),
  );
}

/** directResponse: → DirectResponseAction. */
import type { DirectResponseAction } from '../../gateway/snapshot.ts';
import type { DirectResponseSpec } from './spec.ts';

export function directResponse({ status, body }: DirectResponseSpec): DirectResponseAction {
  if (body?.string !== undefined) return { kind: 'direct', status, body: { string: body.string } };
  if (body?.bytes !== undefined) return { kind: 'direct', status, body: { bytes: body.bytes } };
  return { kind: 'direct', status };
}

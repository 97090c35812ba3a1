/** A filter's answer as the exchange takes it. */
import type { LocalReply } from '../exchange.ts';
import type { FilterReply } from './host.ts';

/** Headers that cannot stand in an HTTP message are left out: they would end the request instead. */
export function toLocalReply({ status, body, headers, grpcStatus, details }: FilterReply): LocalReply {
  const sendable = headers.filter(isSendable);
  const contentType = sendable.find(([name]) => name === 'content-type')?.[1];
  return {
    status: status >= 200 && status <= 599 ? status : 500,
    body,
    headers: sendable.filter(([name]) => name !== 'content-length' && name !== 'content-type'),
    details,
    ...(contentType !== undefined && { contentType }),
    ...(grpcStatus >= 0 && { grpcStatus }),
  };
}

function isSendable([name, value]: [string, string]): boolean {
  try {
    new Headers([[name, value]]);
    return true;
  } catch {
    return false;
  }
}

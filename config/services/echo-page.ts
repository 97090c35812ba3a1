/** An answer that shows what reached the service: which one it is, and the request as it came in. */
import type { IncomingMessage } from 'node:http';
import type { ExampleService } from './services.ts';

export function echoPage({ name, version }: ExampleService, request: IncomingMessage): { type: string; body: string } {
  const { method, url, headers } = request;
  const body = `${JSON.stringify({ service: name, version, method, path: url, headers }, null, 2)}\n`;
  return { type: 'application/json', body };
}

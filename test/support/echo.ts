/** An upstream that answers with what it saw, as JSON. */
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  method: string;
  path: string;
  authority: string;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Echo {
  port: number;
  stop(): void;
}

/** `x-echo-status` chooses the status, `x-echo-reset` breaks the connection. */
export function startEcho(): Promise<Echo> {
  const server = http.createServer((request, response) => {
    if (request.headers['x-echo-reset']) return request.socket.destroy();
    let body = '';
    request.setEncoding('utf8').on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      const seen: Seen = { method, path: url, authority: headers.host ?? '', headers, body };
      response.writeHead(Number(headers['x-echo-status'] ?? 200), {
        'content-type': 'application/json',
        'x-echo': '1',
      });
      response.end(JSON.stringify(seen));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({ port: (server.address() as AddressInfo).port, stop: () => server.closeAllConnections() });
      server.unref();
    });
  });
}

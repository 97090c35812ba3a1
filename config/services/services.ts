/** The example services: stand-ins for the workshops' pods, on the ports that 00-services.yaml names. */
import { createServer, type Server } from 'node:http';
import { echoPage } from './echo-page.ts';
import { guestbookPage } from './guestbook-page.ts';

export interface ExampleService {
  name: string;
  version: string;
  port: number;
}

export const EXAMPLE_SERVICES: readonly ExampleService[] = [
  { name: 'ui', version: '1.0', port: 3101 },
  { name: 'ui', version: '2.0', port: 3102 },
  { name: 'guestbook-service', version: '1.0', port: 3111 },
  { name: 'message-service', version: '1.0', port: 3121 },
  { name: 'todoui', version: '0.2', port: 3131 },
  { name: 'todoui', version: '0.3', port: 3132 },
  { name: 'reviews', version: 'v1', port: 3141 },
  { name: 'reviews', version: 'v2', port: 3142 },
  { name: 'reviews', version: 'v3', port: 3143 },
  { name: 'productpage', version: 'v1', port: 3151 },
  { name: 'myapp', version: 'v1', port: 3161 },
  { name: 'myapp', version: 'v2', port: 3162 },
  { name: 'maildev', version: 'v1', port: 3171 },
];

/** Starts all of them on loopback; rejects when a port is taken. Returns the function that stops them. */
export async function startExampleServices(): Promise<() => void> {
  const servers = await Promise.all(EXAMPLE_SERVICES.map(start));
  return () => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  };
}

function start(service: ExampleService): Promise<Server> {
  const server = createServer((request, response) => {
    const page = service.name === 'ui' && request.url === '/' ? guestbookPage(service) : echoPage(service, request);
    response.writeHead(200, { 'content-type': page.type, 'x-served-by': `${service.name} ${service.version}` });
    response.end(page.body);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(service.port, '127.0.0.1', () => resolve(server));
  });
}

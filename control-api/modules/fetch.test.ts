import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { digest, fetchModule } from './fetch.ts';

/** The smallest module there is. */
const MODULE = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
const MAX_BYTES = 1000;

const server = createServer((request, response) => {
  switch (request.url) {
    case '/plain':
      return response.end(MODULE);
    case '/zipped':
      return response.end(gzipSync(MODULE));
    case '/moved':
      return response.writeHead(302, { location: '/plain' }).end();
    case '/round':
      return response.writeHead(302, { location: '/round' }).end();
    case '/announced':
      return response.writeHead(200, { 'content-length': String(10 ** 9) }).write('x');
    case '/endless': {
      const more = setInterval(() => response.write('x'.repeat(400)), 5);
      return response.on('close', () => clearInterval(more)).writeHead(200);
    }
    case '/bomb':
      return response.end(gzipSync(new Uint8Array(100_000)));
    case '/broken':
      response.writeHead(200, { 'content-length': '8' }).write('x');
      return setTimeout(() => response.destroy(), 20);
    case '/page':
      return response.end('<html>');
    default:
      return response.writeHead(404).end();
  }
});
before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
after(() => {
  server.closeAllConnections();
  server.close();
});

const fetched = (path: string, sha256 = '') => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return fetchModule({ url, sha256, always: false }, undefined, MAX_BYTES);
};

for (const path of ['/plain', '/zipped', '/moved'])
  test(`${path} is the module`, async () => assert.deepEqual(await fetched(path, digest(MODULE)), MODULE));

for (const [path, reason] of [
  ['/nothing', /it answered 404/],
  ['/round', /redirect/],
  ['/announced', /more than 1000 bytes/],
  ['/endless', /more than 1000 bytes/],
  ['/bomb', /./],
  ['/broken', /./],
  ['/page', /not a WebAssembly module/],
] as const)
  test(`${path} is refused with the reason`, { timeout: 10_000 }, () =>
    assert.rejects(fetched(path), (error: Error & { cause?: Error }) =>
      reason.test(`${error.message} ${error.cause?.message}`),
    ),
  );

test('another digest is refused', async () => {
  await assert.rejects(fetched('/plain', 'a'.repeat(64)), new RegExp(`its digest is ${digest(MODULE)}, not a{64}`));
});

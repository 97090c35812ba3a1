/** The first requests of an isolate on a real workerd: many wait for one fetch, and who leaves early takes nobody along. */
import assert from 'node:assert/strict';
import http from 'node:http';
import net, { type AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { providerOf, signer } from '../../gateway/authn/fixture.ts';
import { startEcho } from '../support/echo.ts';
import { startEdge } from '../support/edge.ts';
import { get } from '../support/raw-http.ts';
import { clusterOf, forwardTo, snapshotOf, virtualHostOf } from '../support/snapshot.ts';

const key = await signer('ES256');
const token = await key.sign({ iss: 'i', sub: 'alice' });
const echo = await startEcho();

/** An issuer that takes its time, as long as it is told. */
async function slowIssuer(milliseconds: number) {
  const issuer = { asked: 0, port: 0, stop: () => {} };
  const server = http.createServer((_, response) => {
    issuer.asked++;
    setTimeout(() => response.end(JSON.stringify({ keys: [key.jwk] })), milliseconds);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer.port = (server.address() as AddressInfo).port;
  issuer.stop = () => void server.close().closeAllConnections();
  return issuer;
}

async function edgeFor(issuerPort: number) {
  const { jwks: _, ...provider } = providerOf([], { issuer: 'i', jwksUri: 'https://issuer.example.com/keys' });
  const snapshot = snapshotOf([virtualHostOf('*', [forwardTo('echo')])], [clusterOf('echo', [echo.port])]);
  snapshot.listeners[0]!.httpFilters = [{ phase: 'jwt', config: { kind: 'jwt_authn', providers: [provider] } }];
  return startEdge(snapshot, { internet: issuerPort });
}
const ask = (port: number) => get(port, 'a', '/', [`authorization: Bearer ${token}`]);
after(() => echo.stop());

test('60 first requests at once wait for one fetch', async () => {
  const issuer = await slowIssuer(300);
  const edge = await edgeFor(issuer.port);
  const answers = await Promise.all(Array.from({ length: 60 }, () => ask(edge.port(80))));
  assert.deepEqual([...new Set(answers.map((answer) => answer?.status))], [200]);
  assert.equal(issuer.asked, 1);
  await edge.stop();
  issuer.stop();
});

test('a client that leaves while its request fetches the keys takes nobody along', async () => {
  const issuer = await slowIssuer(400);
  const edge = await edgeFor(issuer.port);
  const leaver = net.connect(edge.port(80), '127.0.0.1');
  leaver.write(`GET / HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${token}\r\n\r\n`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const others = Array.from({ length: 5 }, () => ask(edge.port(80)));
  leaver.destroy();
  assert.deepEqual(
    (await Promise.all(others)).map((answer) => answer?.status),
    [200, 200, 200, 200, 200],
  );
  await edge.stop();
  issuer.stop();
});

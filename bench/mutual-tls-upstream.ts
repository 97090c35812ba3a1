/** The same small answer over mutual TLS and in the clear. Arguments: certificate, key, authority. Prints both ports; `handshakes` in the clear asks how many there were. */
import { readFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import tls from 'node:tls';

const [certificate = '', key = '', authority = ''] = process.argv.slice(2).map((file) => readFileSync(file, 'utf8'));
const answer = (body: string): string => `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
let handshakes = 0;

function serve(socket: net.Socket): void {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const heads = (rest + chunk.toString('latin1')).split('\r\n\r\n');
    rest = heads.pop() ?? '';
    for (const head of heads) socket.write(answer(head.startsWith('GET /handshakes') ? String(handshakes) : 'ok'));
  });
}

const options = { cert: certificate, key, ca: authority, requestCert: true, rejectUnauthorized: true };
const secure = tls.createServer(options, serve).on('secureConnection', () => {
  handshakes++;
});
const plain = net.createServer(serve);
const listen = (server: net.Server): Promise<number> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));

console.log(JSON.stringify({ plain: await listen(plain), secure: await listen(secure) }));

/** The other end of a WebSocket, for tests of what passes through. */
import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** For a server's `upgrade`: the handshake's answer (RFC 6455, 4.2.2), with the first subprotocol that was offered. */
export function acceptUpgrade({ headers }: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
  const protocol = headers['sec-websocket-protocol']?.split(',')[0];
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'upgrade: websocket',
    'connection: Upgrade',
    `sec-websocket-accept: ${accept.digest('base64')}`,
    ...(protocol === undefined ? [] : [`sec-websocket-protocol: ${protocol}`]),
  ];
  socket.on('error', () => socket.destroy());
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
}

/** An unmasked text frame, of 126 to 65535 bytes. */
export function textFrame(text: string): Buffer {
  const payload = Buffer.from(text);
  const head = Buffer.from([0x81, 126, 0, 0]);
  head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

/** For a server's `upgrade`: accepts, and sends the first frame back, which is text and short. */
export function echoFirstFrame(request: IncomingMessage, socket: Duplex): void {
  acceptUpgrade(request, socket);
  socket.once('data', (frame: Buffer) => {
    // Clients mask what they send.
    const length = frame[1]! & 0x7f;
    const text = Buffer.from(frame.subarray(6, 6 + length).map((byte, index) => byte ^ frame[2 + (index % 4)]!));
    socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
  });
}

/** What comes back for `hello`. Rejects when the handshake fails. */
export async function helloThrough(url: string): Promise<unknown> {
  const socket = new WebSocket(url);
  const said = await new Promise((resolve, reject) => {
    socket.addEventListener('open', () => socket.send('hello'));
    socket.addEventListener('message', ({ data }) => resolve(data));
    socket.addEventListener('error', () => reject(new Error('the handshake failed')));
  });
  socket.close();
  return said;
}

/** The upstream of every subject: answers each request head with the same small answer. Prints its port. */
import net from 'node:net';

const ANSWER =
  'HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n' +
  'cache-control: no-store\r\netag: "abc"\r\nx-a: 1\r\n\r\nok';

const server = net.createServer((socket) => {
  let rest = '';
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    const heads = (rest + chunk.toString('latin1')).split('\r\n\r\n');
    rest = heads.pop() ?? '';
    if (heads.length > 0) socket.write(ANSWER.repeat(heads.length));
  });
});
server.listen(0, '127.0.0.1', () => console.log((server.address() as net.AddressInfo).port));

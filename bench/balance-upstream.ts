/** The endpoints: one process that listens on as many ports as it is told, each answering every request alike. */
import net from 'node:net';

const ANSWER = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\nok';

const ports = await Promise.all(Array.from({ length: Number(process.argv[2]) }, listen));
console.log(JSON.stringify(ports));

function listen(): Promise<number> {
  const server = net.createServer((socket) => {
    let rest = '';
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => {
      const heads = (rest + chunk.toString('latin1')).split('\r\n\r\n');
      rest = heads.pop() ?? '';
      if (heads.length > 0) socket.write(ANSWER.repeat(heads.length));
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as net.AddressInfo).port));
  });
}

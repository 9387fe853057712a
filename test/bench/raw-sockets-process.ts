// The other side of the benches of live clients: a server that upgrades sockets and writes ready bytes straight to each of them.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { Duplex } from 'node:stream';
import { z } from 'zod';
import { answerParent } from './child.js';

const questionShape = z.union([
  z.object({ kind: z.literal('listen') }),
  /** Writes text frames with so many bytes of payload to everybody, one after the other. */
  z.object({ kind: z.literal('write'), bytes: z.number(), count: z.number() }),
]);

const sockets = new Set<Duplex>();
const server = createServer();
server.on('upgrade', (request, socket) => {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  const headers = ['Upgrade: websocket', 'Connection: Upgrade', `Sec-WebSocket-Accept: ${accept}`];
  socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headers.join('\r\n')}\r\n\r\n`);
  sockets.add(socket);
  socket.on('error', () => sockets.delete(socket));
  socket.on('close', () => sockets.delete(socket));
  socket.resume();
});

function toFrame(bytes: number): Buffer {
  const frame = Buffer.alloc(bytes + 4, 'x');
  frame[0] = 0x81;
  frame[1] = 126;
  frame.writeUInt16BE(bytes, 2);
  return frame;
}

answerParent(async (asked) => {
  const question = questionShape.parse(asked);
  if (question.kind === 'write') {
    const frame = toFrame(question.bytes);
    for (let n = 0; n < question.count; n += 1) for (const socket of sockets) socket.write(frame);
    return {};
  }
  await new Promise<void>((resolve) => {
    server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 }, resolve);
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}` };
});

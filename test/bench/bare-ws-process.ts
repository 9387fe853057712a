// The other side of the bench `idle-socket`: a bare ws server that listens to its sockets.
import { WebSocketServer } from 'ws';
import { answerParent } from './child.js';

let heard = 0;

answerParent(async () => {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 4096 });
  server.on('connection', (socket) => {
    socket.on('message', () => {
      heard += 1;
    });
  });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`, heard };
});

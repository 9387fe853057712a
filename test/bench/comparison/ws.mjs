// A server of `ws` alone that broadcasts one text to everybody, as its README shows in "Server broadcast".
import { createServer } from 'node:http';
import { WebSocket, WebSocketServer } from 'ws';
import { answerBench, listenOn } from './serve.mjs';

const httpServer = createServer();
const server = new WebSocketServer({ server: httpServer, path: '/graphql' });

function broadcast(event) {
  const message = JSON.stringify({ id: '1', type: 'next', payload: { data: { events: event } } });
  for (const client of server.clients) if (client.readyState === WebSocket.OPEN) client.send(message);
}

answerBench(() => listenOn(httpServer), broadcast);

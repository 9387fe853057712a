// Receivers of the bench `isolation`, in a process of their own: one server that answers 204 and notes when each request
// arrived, and one that reads requests and never answers.
import { createServer, type Server } from 'node:http';
import { z } from 'zod';
import { answerParent, machineMs } from './child.js';

const questionShape = z.union([
  z.object({ kind: z.literal('listen') }),
  /** Notes anew; answers when so many requests have arrived since. */
  z.object({ kind: z.literal('await'), requests: z.number() }),
]);

let atMs: number[] = [];
let wanted = 0;
let resolveAll: (() => void) | null = null;

const answering = createServer((request, response) => {
  atMs.push(machineMs());
  request.resume();
  response.writeHead(204).end();
  if (atMs.length === wanted) resolveAll?.();
});
const swallowing = createServer((request) => void request.resume());
for (const server of [answering, swallowing]) {
  server.keepAliveTimeout = 60_000;
  server.requestTimeout = 0;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
}

answerParent(async (question) => {
  const parsed = questionShape.parse(question);
  if (parsed.kind === 'listen') return { url: await listen(answering), holeUrl: await listen(swallowing) };
  atMs = [];
  wanted = parsed.requests;
  await new Promise<void>((resolve) => {
    resolveAll = resolve;
  });
  return { atMs };
});

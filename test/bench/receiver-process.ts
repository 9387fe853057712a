// The receiver of the benches, in a process of its own: a bare server that answers 204 and counts.
import { createServer } from 'node:http';
import { z } from 'zod';
import { answerParent, machineMs } from './child.js';

const questionShape = z.union([
  z.object({ kind: z.literal('listen') }),
  /** Counts anew; answers when so many requests have been answered since. */
  z.object({ kind: z.literal('count'), until: z.number() }),
]);

let count = 0;
let until = 0;
let resolveCount: (() => void) | null = null;

const server = createServer((request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(204).end();
    count += 1;
    if (count === until) resolveCount?.();
  });
});
server.keepAliveTimeout = 60_000;

async function listen(): Promise<unknown> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return { url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/hook` };
}

async function countTo(wanted: number): Promise<unknown> {
  count = 0;
  until = wanted;
  const cpuBefore = process.cpuUsage();
  await new Promise<void>((resolve) => {
    resolveCount = resolve;
  });
  const { user, system } = process.cpuUsage(cpuBefore);
  return { atMs: machineMs(), cpuMs: (user + system) / 1000 };
}

answerParent((question) => {
  const parsed = questionShape.parse(question);
  return parsed.kind === 'listen' ? listen() : countTo(parsed.until);
});

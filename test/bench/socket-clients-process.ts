// Live clients of the benches, thousands in one process: they say what graphql-transport-ws asks for and count what they get.
import { randomUUID } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { z } from 'zod';
import { answerParent, machineMs } from './child.js';
import { createFrameReader, toClientFrame } from './frame-reader.js';

const questionShape = z.union([
  z.object({
    kind: z.literal('open'),
    url: z.string(),
    count: z.number(),
    /** Null: say nothing after the handshake. */
    key: z.string().nullable(),
    query: z.string(),
    /** Given to the clients by turns. */
    variables: z.array(z.record(z.string(), z.unknown())),
  }),
  /** Answers when so many results have come since the last such question was answered. */
  z.object({ kind: z.literal('await'), results: z.number() }),
  /** Every n-th client stops reading, or goes on. */
  z.object({ kind: z.literal('stall'), every: z.number(), isStalled: z.boolean() }),
  z.object({ kind: z.literal('close') }),
]);
type Opening = Extract<z.infer<typeof questionShape>, { kind: 'open' }>;

/** Clients that connect at the same time. */
const connecting = 64;

const sockets: Socket[] = [];
const stalled = new Set<Socket>();
let results = 0;
let wanted = Number.POSITIVE_INFINITY;
let resolveWanted: (() => void) | null = null;
let cpuBefore = process.cpuUsage();

function countResult(): void {
  results += 1;
  if (results >= wanted) resolveWanted?.();
}

function openClient({ url, key, query }: Opening, variables: Readonly<Record<string, unknown>>): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  sockets.push(socket);
  return new Promise((resolve, reject) => {
    const read = createFrameReader({
      onText(bytes, beginning) {
        if (bytes > 200) return countResult();
        if (!beginning.includes('connection_ack')) return undefined;
        socket.write(
          toClientFrame(JSON.stringify({ id: randomUUID(), type: 'subscribe', payload: { query, variables } })),
        );
        return resolve();
      },
      onPing: () => void socket.write(toClientFrame('', 10)),
      onClose: (code) => reject(new Error(`closed with ${code}`)),
    });
    let handshake = '';
    socket.on('data', (piece) => {
      if (handshake === 'done') return read(piece);
      handshake += piece.toString('latin1');
      const end = handshake.indexOf('\r\n\r\n');
      if (end < 0) return undefined;
      const behind = Buffer.from(handshake.slice(end + 4), 'latin1');
      handshake = 'done';
      if (key === null) resolve();
      else
        socket.write(
          toClientFrame(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } })),
        );
      return read(behind);
    });
    socket.on('error', reject);
    const headers = ['Host: bench', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
    headers.push('Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==', 'Sec-WebSocket-Protocol: graphql-transport-ws');
    socket.write(`GET /graphql HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`);
  });
}

async function open(opening: Opening): Promise<unknown> {
  const startedMs = machineMs();
  let next = 0;
  async function openSome(): Promise<void> {
    while (next < opening.count) {
      const variables = opening.variables[next % opening.variables.length] ?? {};
      next += 1;
      await openClient(opening, variables);
    }
  }
  await Promise.all(Array.from({ length: connecting }, openSome));
  return { startedMs, endedMs: machineMs() };
}

async function awaitResults(count: number): Promise<unknown> {
  await new Promise<void>((resolve) => {
    wanted = count;
    resolveWanted = resolve;
    if (results >= wanted) resolve();
  });
  results -= count;
  wanted = Number.POSITIVE_INFINITY;
  const { user, system } = process.cpuUsage(cpuBefore);
  cpuBefore = process.cpuUsage();
  return { atMs: machineMs(), cpuMs: (user + system) / 1000 };
}

answerParent(async (asked) => {
  const question = questionShape.parse(asked);
  switch (question.kind) {
    case 'open':
      return open(question);
    case 'await':
      return awaitResults(question.results);
    case 'stall':
      for (const [index, socket] of sockets.entries()) {
        if (index % question.every !== 0) continue;
        if (question.isStalled) stalled.add(socket.pause());
        else stalled.delete(socket.resume());
      }
      return {};
    case 'close':
      for (const socket of sockets.splice(0)) socket.destroy();
      return {};
    default:
      return question satisfies never;
  }
});

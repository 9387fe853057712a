// The two sides of the benches of live clients: a gateway with sockets that follow its log, and a server that writes ready
// bytes straight to as many sockets. Servers and clients run on cores of their own where the system lets them be pinned.
import { execFileSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { z } from 'zod';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import type { BenchOptions } from './bench.js';
import { type Child, machineMs, readThreadTimes, startChild } from './child.js';
import { benchData, benchType, startBenchGateway } from './stage.js';

/** What everybody follows; with its frame about 1.3 KB. */
export const liveQuery = `subscription ($filter: JSON, $types: [String!]) {
  events(filter: $filter, types: $types) { id type time data cursor }
}`;

/** CPU and time that events took. */
export interface LiveCost {
  /** CPU microseconds of the server's main thread for each frame. */
  readonly microsPerFrame: number;
  /** From the publishing of what is shown together to its last receiver, median. */
  readonly lastReceiverMs: number;
  /** The same, 99th percentile. */
  readonly slowestMs: number;
}

/** One side: a server with its clients. */
export interface LiveSide {
  readonly pid: number;
  readonly clients: Child;
  /** Opens clients that follow; answers how many milliseconds that took. */
  open(count: number, variables?: readonly Record<string, unknown>[]): Promise<number>;
  /**
   * Shows events to `expected` clients, one after the other or `atOnce` together, each when all have got the ones before.
   */
  show(events: number, expected: number, atOnce?: number): Promise<LiveCost>;
  stop(): Promise<void>;
}

const spanShape = z.object({ startedMs: z.number(), endedMs: z.number() });
const urlShape = z.object({ url: z.string() });
const atShape = z.object({ atMs: z.number() });

/** Keeps a process on one core, servers on the first and clients on the last. Does nothing where there is no taskset. */
export function pin(pid: number, side: 'server' | 'client'): void {
  const core = side === 'server' ? 0 : availableParallelism() - 1;
  try {
    execFileSync('taskset', ['-a', '-p', '-c', String(core), String(pid)], { stdio: 'ignore' });
  } catch {
    // Another system: the figures are less steady.
  }
}

/** The address that a server of a bench answers. */
export function readUrl(answer: unknown): string {
  return urlShape.parse(answer).url;
}

/** How clients are opened. */
export interface Opening {
  readonly url: string;
  /** Null: say nothing after the handshake. */
  readonly key: string | null;
  readonly count: number;
  readonly query: string;
  readonly variables: readonly Record<string, unknown>[];
}

/** Opens clients; answers how many milliseconds that took. */
export async function openClients(clients: Child, opening: Opening): Promise<number> {
  const { startedMs, endedMs } = spanShape.parse(await clients.ask({ kind: 'open', ...opening }));
  return endedMs - startedMs;
}

/** A gateway with its clients. */
export interface GatewaySide extends LiveSide {
  open(count: number, variables?: readonly Record<string, unknown>[], key?: string): Promise<number>;
  /** As `show`, with data of so many bytes instead of 1 KB. */
  show(events: number, expected: number, atOnce?: number, dataBytes?: number): Promise<LiveCost>;
  /** Opens clients that follow and read nothing of it. */
  openStalled(count: number): Promise<void>;
  createKey(): Promise<{ readonly id: string; readonly key: string }>;
  /** Revokes a key; resolves when its clients were closed. */
  revoke(id: string): Promise<void>;
}

/** A gateway and its clients. */
export async function startGatewaySide(options: BenchOptions, name: string, query = liveQuery): Promise<GatewaySide> {
  const gateway = await startBenchGateway(options, name);
  const clients = startChild('./socket-clients-process.js');
  pin(gateway.pid, 'server');
  pin(clients.pid, 'client');
  const { url, key } = gateway;
  let stalled: Child | null = null;
  return {
    pid: gateway.pid,
    clients,
    open: (count, variables = [{}], other = key) => openClients(clients, { url, key: other, count, query, variables }),
    show: (events, expected, atOnce = 1, dataBytes = 1024) =>
      measureSide({ pid: gateway.pid, clients, events, expected, atOnce }, () =>
        Promise.all(Array.from({ length: atOnce }, () => publishOne(gateway, dataBytes))),
      ),
    async openStalled(count) {
      stalled = startChild('./socket-clients-process.js');
      pin(stalled.pid, 'client');
      await stalled.ask({ kind: 'open', url, key, count, query, variables: [{}] });
      await stalled.ask({ kind: 'stall', every: 1, isStalled: true });
    },
    async createKey() {
      const input = { name: 'clients of a bench', role: 'READER' };
      const query = 'mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) { apiKey { id } key } }';
      const shape = z.object({ createApiKey: z.object({ apiKey: z.object({ id: z.string() }), key: z.string() }) });
      const { createApiKey } = await gateway.ask(query, { input }, shape);
      return { id: createApiKey.apiKey.id, key: createApiKey.key };
    },
    async revoke(id) {
      const query = 'mutation ($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { id } } }';
      await gateway.ask(query, { id }, z.object({ revokeApiKey: z.object({ apiKey: z.object({ id: z.string() }) }) }));
    },
    async stop() {
      await Promise.all([clients.stop(), stalled?.stop(), gateway.stop()]);
    },
  };
}

/** Sockets to which ready bytes are written. */
export async function startRawSide(frameBytes: number): Promise<LiveSide> {
  const server = startChild('./raw-sockets-process.js');
  const clients = startChild('./socket-clients-process.js');
  const url = readUrl(await server.ask({ kind: 'listen' }));
  pin(server.pid, 'server');
  pin(clients.pid, 'client');
  return {
    pid: server.pid,
    clients,
    open: (count) => openClients(clients, { url, key: null, count, query: '', variables: [{}] }),
    show: (events, expected, atOnce = 1) =>
      measureSide({ pid: server.pid, clients, events, expected, atOnce }, () =>
        server.ask({ kind: 'write', bytes: frameBytes, count: atOnce }),
      ),
    async stop() {
      await Promise.all([clients.stop(), server.stop()]);
    },
  };
}

/** Publishes an event, by default of 1 KB. */
export async function publishOne(gateway: GatewayProcess, dataBytes = 1024): Promise<void> {
  const query = 'mutation ($input: PublishEventInput!) { publishEvent(input: $input) { event { id } } }';
  const shape = z.object({ publishEvent: z.object({ event: z.object({ id: z.string() }) }) });
  await gateway.ask(query, { input: { type: benchType, data: benchData(dataBytes) } }, shape);
}

/** What is measured: a server, its clients, and how often something is shown to how many. */
export interface Showing {
  readonly pid: number;
  readonly clients: Child;
  readonly events: number;
  readonly expected: number;
  readonly atOnce: number;
}

/** Shows one after the other and measures what that takes. */
export async function measureSide(
  { pid, clients, events, expected, atOnce }: Showing,
  showSome: () => Promise<unknown>,
): Promise<LiveCost> {
  const before = await readThreadTimes(pid);
  const latencies: number[] = [];
  for (let event = 0; event < events; event += atOnce) {
    const got = clients.ask({ kind: 'await', results: expected * atOnce });
    const startedMs = machineMs();
    await showSome();
    latencies.push(atShape.parse(await got).atMs - startedMs);
  }
  const after = await readThreadTimes(pid);
  const spentMs = (after.get('main') ?? 0) - (before.get('main') ?? 0);
  latencies.sort((a, b) => a - b);
  return {
    microsPerFrame: (1000 * spentMs) / (events * expected),
    lastReceiverMs: latencies[Math.floor(latencies.length / 2)] ?? 0,
    slowestMs: latencies[Math.floor(latencies.length * 0.99)] ?? 0,
  };
}

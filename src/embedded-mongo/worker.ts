// The worker thread: opens the store, listens on the socket, and stops when told. The main thread's side is start.ts.
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';
import { serveConnection } from './connection.js';
import { type Engine, openEngine } from './engine.js';
import { defaultOplogLimits, startHousekeeping } from './housekeeping.js';
import { recover } from './recovery.js';
import { DamagedFileError } from './storage.js';

/** What the main thread hands over. */
export interface WorkerOptions {
  readonly storePath: string;
  readonly socketPath: string;
}

/** What the worker tells the main thread. */
export type WorkerMessage =
  | { readonly kind: 'ready'; readonly recovered: string | null }
  | {
      readonly kind: 'failed';
      readonly code: 'STORE_DAMAGED' | 'DATA_DIR_UNUSABLE' | 'SOCKET_UNSUPPORTED';
      readonly message: string;
    }
  | { readonly kind: 'warning'; readonly message: string };

/** Connections that may wait to be accepted: a pool opens many at once. */
const backlog = 1024;

const port = parentPort;
const tell = (message: WorkerMessage) => port?.postMessage(message);
const warn = (message: string) => tell({ kind: 'warning', message });

function open(path: string): Engine | undefined {
  try {
    return openEngine(path, warn);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const isDamaged =
      error instanceof DamagedFileError ||
      /MDB_(CORRUPTED|INVALID|VERSION_MISMATCH|PAGE_NOTFOUND|PANIC|BAD)/.test(message);
    tell({
      kind: 'failed',
      code: isDamaged ? 'STORE_DAMAGED' : 'DATA_DIR_UNUSABLE',
      message: isDamaged ? `${message} (${path})` : message,
    });
    return undefined;
  }
}

async function start({ storePath, socketPath }: WorkerOptions): Promise<void> {
  const engine = open(storePath);
  if (!engine) return;
  const recovered = await recover(engine);
  const stopHousekeeping = startHousekeeping(engine, { limits: defaultOplogLimits, warn });
  const sockets = new Set<Socket>();
  let connectionId = 0;
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    connectionId += 1;
    serveConnection(socket, engine, { connectionId, warn });
  });
  server.on('error', (error) => tell({ kind: 'failed', code: 'SOCKET_UNSUPPORTED', message: error.message }));
  rmSync(socketPath, { force: true });
  server.listen({ path: socketPath, backlog }, () => {
    chmodSync(socketPath, 0o600);
    tell({ kind: 'ready', recovered });
  });
  port?.once('message', () => {
    void stop();
  });

  async function stop(): Promise<void> {
    server.close();
    await stopHousekeeping();
    for (const socket of sockets) socket.destroy();
    await engine?.close();
    port?.close();
  }
}

// lmdb rejects a second promise of its own for each commit that failed; the first one is heard in writer.ts
process.on('unhandledRejection', (error) => {
  if (!(error instanceof Error && 'commitError' in error)) throw error;
});

await start(workerData as WorkerOptions);

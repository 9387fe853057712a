// Starting and stopping the embedded store from the main thread: data directory, lock, worker. The server itself runs in worker.ts.
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { LockedError, takeLock } from './lock-file.js';
import type { WorkerMessage, WorkerOptions } from './worker.js';

/** How to start the store. */
export interface EmbeddedMongoOptions {
  /** Directory of the store; made with mode 0700 if it is not there. */
  dataDir: string;
  /** Told in one sentence what went wrong without a client to tell. */
  onWarning?: (message: string) => void;
  /** Told when the store stopped working; nothing is served after that. */
  onFatal?: (error: Error) => void;
}

/** A running store. */
export interface EmbeddedMongo {
  /** Connection string for the `mongodb` driver, database `carillon`. */
  uri: string;
  /** One sentence about what recovery did at start; null if there was nothing to do. */
  recovered: string | null;
  /** Writes everything, closes all connections and gives the directory back. May be called twice. */
  close(): Promise<void>;
}

/** Why a store could not be started. `DATA_DIR_LOCKED`: another live process has it, named in the message. */
export class EmbeddedMongoError extends Error {
  readonly code: 'DATA_DIR_LOCKED' | 'DATA_DIR_UNUSABLE' | 'SOCKET_UNSUPPORTED' | 'STORE_DAMAGED' | 'BACKUP_REFUSED';

  constructor(code: EmbeddedMongoError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EmbeddedMongoError';
    this.code = code;
  }
}

/** Longer paths do not fit into a socket address (unix(7): 108 bytes with the final zero). */
const maxSocketPathBytes = 107;

/** Starts the store. Rejects with `EmbeddedMongoError`. */
export async function startEmbeddedMongo(options: EmbeddedMongoOptions): Promise<EmbeddedMongo> {
  if (process.platform === 'win32')
    throw new EmbeddedMongoError(
      'SOCKET_UNSUPPORTED',
      'the embedded store needs Unix sockets, which this platform lacks: set MONGODB_URI',
    );
  const dataDir = resolve(options.dataDir);
  const lock = await lockDirectory(dataDir);
  const socket = chooseSocket(dataDir);
  const giveBack = () => {
    for (const path of [socket.path, join(dataDir, 'mongo.sock')]) rmSync(path, { force: true });
    if (socket.directory) rmSync(socket.directory, { recursive: true, force: true });
    lock.release();
  };
  try {
    const workerData: WorkerOptions = { storePath: join(dataDir, 'store.mdb'), socketPath: socket.path };
    const running = await startWorker(workerData, options);
    return {
      uri: `mongodb://${encodeURIComponent(socket.path)}/carillon?directConnection=true`,
      recovered: running.recovered,
      close: once(async () => {
        await running.stop();
        giveBack();
      }),
    };
  } catch (error) {
    giveBack();
    throw error;
  }
}

function once(close: () => Promise<void>): () => Promise<void> {
  let closed: Promise<void> | undefined;
  return () => {
    closed ??= close();
    return closed;
  };
}

/** How long whoever listens at a socket may take to accept, in milliseconds. */
const acceptWithinMs = 1000;

/** True when a process listens at the socket of the directory. */
function isServed(dataDir: string): Promise<boolean> {
  const path = socketPath(dataDir);
  if (path === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (isThere: boolean) => () => {
      socket.destroy();
      resolve(isThere);
    };
    socket.setTimeout(acceptWithinMs, end(true));
    socket.once('connect', end(true));
    socket.once('error', end(false));
  });
}

/** Where the socket of the directory is, or was; undefined when there is none. */
export function socketPath(dataDir: string): string | undefined {
  const path = join(dataDir, 'mongo.sock');
  return existsSync(path) ? realpathSync(path) : undefined;
}

/**
 * Makes the directory if need be and takes its lock. The process ids of another container mean nothing here, but its socket does.
 * Rejects with `EmbeddedMongoError`.
 */
export async function lockDirectory(dataDir: string): Promise<{ release: () => void }> {
  const lock = takeLockIn(dataDir);
  if (!(await isServed(dataDir))) return lock;
  lock.release();
  const where = join(dataDir, 'mongo.sock');
  const message = `the data directory is in use by a process that listens at ${where}; stop it, or choose another directory`;
  throw new EmbeddedMongoError('DATA_DIR_LOCKED', message);
}

function takeLockIn(dataDir: string): { release: () => void } {
  try {
    if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    chmodSync(dataDir, 0o700);
    accessSync(dataDir, constants.R_OK | constants.W_OK);
    return takeLock(join(dataDir, 'lock'));
  } catch (error) {
    if (error instanceof LockedError) throw new EmbeddedMongoError('DATA_DIR_LOCKED', error.message, { cause: error });
    const reason = error instanceof Error ? error.message : String(error);
    throw new EmbeddedMongoError('DATA_DIR_UNUSABLE', `the data directory ${dataDir} cannot be used: ${reason}`, {
      cause: error,
    });
  }
}

/**
 * The socket lies in the data directory; if that path is too long, in a directory of its own under the system's temporary one, and
 * a link in the data directory leads there.
 */
function chooseSocket(dataDir: string): { path: string; directory?: string } {
  const path = join(dataDir, 'mongo.sock');
  rmSync(path, { force: true });
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return { path };
  const directory = mkdtempSync(join(tmpdir(), 'carillon-'));
  chmodSync(directory, 0o700);
  const elsewhere = join(directory, 'mongo.sock');
  symlinkSync(elsewhere, path);
  return { path: elsewhere, directory };
}

interface RunningWorker {
  readonly recovered: string | null;
  stop(): Promise<void>;
}

function startWorker(workerData: WorkerOptions, options: EmbeddedMongoOptions): Promise<RunningWorker> {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData, name: 'embedded-mongo' });
  let isStopping = false;
  const exited = new Promise<void>((resolveExit) => worker.once('exit', () => resolveExit()));
  const stop = async () => {
    isStopping = true;
    worker.postMessage('stop');
    await exited;
  };
  return new Promise((resolveStart, rejectStart) => {
    let isReady = false;
    const fail = (error: Error) => {
      if (isReady) options.onFatal?.(error);
      else rejectStart(error);
    };
    worker.on('message', (message: WorkerMessage) => {
      switch (message.kind) {
        case 'ready':
          isReady = true;
          return resolveStart({ recovered: message.recovered, stop });
        case 'failed':
          fail(new EmbeddedMongoError(message.code, message.message));
          return void worker.terminate();
        case 'warning':
          return options.onWarning?.(message.message);
      }
    });
    worker.on('error', (error) => fail(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => {
      if (!isStopping) fail(new Error(`the embedded store stopped by itself (exit code ${code})`));
    });
  });
}

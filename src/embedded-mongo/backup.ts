// Copying a store to a file and back. A copy is made by the owner of the store, while it goes on working if it is another
// process, and is read through before it counts.
import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { MongoClient } from 'mongodb';
import { checkStore, type StoreSummary } from './check.js';
import { type Engine, openEngine } from './engine.js';
import { EmbeddedMongoError, lockDirectory, socketPath } from './start.js';
import { DamagedFileError } from './storage.js';

/** How long a process that has the store may take to be heard of, in milliseconds. */
const answerWithinMs = 5000;

/**
 * Copies the store of a data directory to a file that is not there yet: one snapshot, whether or not a process has the store open.
 * Rejects with `EmbeddedMongoError`: `BACKUP_REFUSED` without a store or with a file in the way, `STORE_DAMAGED`.
 */
export async function backUp(dataDir: string, file: string): Promise<StoreSummary> {
  const directory = resolve(dataDir);
  const target = resolve(file);
  if (!existsSync(join(directory, 'store.mdb')))
    throw new EmbeddedMongoError('BACKUP_REFUSED', `there is no store in ${directory}`);
  if (existsSync(target))
    throw new EmbeddedMongoError('BACKUP_REFUSED', `${target} is there already; name another file`);
  return finish(target, async (unfinished) => {
    const lock = await tryLock(directory);
    if (lock === undefined) return askOwner(directory, unfinished);
    try {
      await withEngine(join(directory, 'store.mdb'), (engine) => engine.copy(unfinished));
    } finally {
      lock.release();
    }
  });
}

/** Undefined when another process has the directory. */
async function tryLock(directory: string): Promise<{ release: () => void } | undefined> {
  try {
    return await lockDirectory(directory);
  } catch (error) {
    if (error instanceof EmbeddedMongoError && error.code === 'DATA_DIR_LOCKED') return undefined;
    throw error;
  }
}

/**
 * LMDB lets other processes read, but opening its file takes writes back that are committed in that moment (lmdb 3.5.6,
 * `mdb_env_open2` sets the shared transaction number to what it has read before): only the owner may touch it.
 */
async function askOwner(directory: string, unfinished: string): Promise<void> {
  const socket = socketPath(directory);
  if (socket === undefined) throw new Error(`the process that has the store does not listen in ${directory}`);
  const client = new MongoClient(`mongodb://${encodeURIComponent(socket)}/`, {
    directConnection: true,
    serverSelectionTimeoutMS: answerWithinMs,
  });
  try {
    await client.db('admin').command({ copyStore: 1, to: unfinished });
  } finally {
    await client.close();
  }
}

/**
 * Makes the store of a data directory from a backup. Rejects with `EmbeddedMongoError`: `BACKUP_REFUSED` where a store is already
 * or the file is missing, `DATA_DIR_LOCKED` while a process has the directory, `STORE_DAMAGED` for a file that is no sound backup.
 */
export async function restore(file: string, dataDir: string): Promise<StoreSummary> {
  const source = resolve(file);
  const target = join(resolve(dataDir), 'store.mdb');
  if (!existsSync(source)) throw new EmbeddedMongoError('BACKUP_REFUSED', `there is no file ${source}`);
  const lock = await lockDirectory(resolve(dataDir));
  try {
    if (existsSync(target))
      throw new EmbeddedMongoError('BACKUP_REFUSED', `${target} is there already; restore into another directory`);
    return await finish(target, (unfinished) => copyFileSync(source, unfinished, constants.COPYFILE_EXCL));
  } finally {
    lock.release();
  }
}

/** Makes a file under another name, checks it as a store, and gives it its name when it is on disk. */
async function finish(target: string, make: (unfinished: string) => Promise<void> | void): Promise<StoreSummary> {
  const unfinished = `${target}.unfinished`;
  const removeUnfinished = () => {
    for (const path of [unfinished, `${unfinished}-lock`]) rmSync(path, { force: true });
  };
  removeUnfinished();
  try {
    await make(unfinished);
    chmodSync(unfinished, 0o600);
    const summary = await withEngine(unfinished, checkStore);
    for (const path of [unfinished, dirname(target)]) syncPath(path);
    renameSync(unfinished, target);
    syncPath(dirname(target));
    return summary;
  } catch (error) {
    if (error instanceof EmbeddedMongoError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    const code = error instanceof DamagedFileError || /MDB_/.test(reason) ? 'STORE_DAMAGED' : 'BACKUP_REFUSED';
    throw new EmbeddedMongoError(code, `${target} was not made: ${reason}`, { cause: error });
  } finally {
    removeUnfinished();
  }
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

async function withEngine<T>(path: string, use: (engine: Engine) => T | Promise<T>): Promise<T> {
  const engine = openEngine(path, () => undefined);
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

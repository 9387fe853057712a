// Copying a store to a file and back. A copy is made while the owner goes on working, and is read through before it counts.
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
import { open } from 'lmdb';
import { checkStore, type StoreSummary } from './check.js';
import { openEngine } from './engine.js';
import { EmbeddedMongoError, lockDirectory } from './start.js';
import { DamagedFileError } from './storage.js';

/**
 * Copies the store of a data directory to a file that is not there yet: one snapshot, whether or not a process has the store open.
 * Rejects with `EmbeddedMongoError`: `BACKUP_REFUSED` without a store or with a file in the way, `STORE_DAMAGED`.
 */
export async function backUp(dataDir: string, file: string): Promise<StoreSummary> {
  const source = join(resolve(dataDir), 'store.mdb');
  const target = resolve(file);
  if (!existsSync(source)) throw new EmbeddedMongoError('BACKUP_REFUSED', `there is no store in ${resolve(dataDir)}`);
  if (existsSync(target))
    throw new EmbeddedMongoError('BACKUP_REFUSED', `${target} is there already; name another file`);
  return finish(target, async (unfinished) => {
    const store = open({ path: source, noSubdir: true, readOnly: true });
    try {
      await store.backup(unfinished, true);
    } finally {
      await store.close();
    }
  });
}

/**
 * Makes the store of a data directory from a backup. Rejects with `EmbeddedMongoError`: `BACKUP_REFUSED` where a store is already
 * or the file is missing, `DATA_DIR_LOCKED` while a process has the directory, `STORE_DAMAGED` for a file that is no sound backup.
 */
export async function restore(file: string, dataDir: string): Promise<StoreSummary> {
  const source = resolve(file);
  const target = join(resolve(dataDir), 'store.mdb');
  if (!existsSync(source)) throw new EmbeddedMongoError('BACKUP_REFUSED', `there is no file ${source}`);
  const lock = lockDirectory(resolve(dataDir));
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
    const summary = await check(unfinished);
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

async function check(path: string): Promise<StoreSummary> {
  const engine = openEngine(path, () => undefined);
  try {
    return checkStore(engine);
  } finally {
    await engine.close();
  }
}

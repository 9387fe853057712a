// Keys that are made at first start and kept in the data dir. What they are used for is said where they are read.
import {
  chmodSync,
  closeSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Problem } from '../problem.js';

/** A kept key. */
export interface KeptKey {
  readonly text: string;
  /** True when it was made just now. */
  readonly isNew: boolean;
}

/**
 * The text of `name` in `folder` (without surrounding blanks), made by `make` when there is none. The file is readable by
 * its owner alone (0600) and is never seen half-written. Throws the system's error when the folder cannot be written to, and
 * as `readKey`.
 */
export function readOrMakeKey(folder: string, name: string, make: () => string): KeptKey {
  const path = join(folder, name);
  const kept = readKey(path);
  if (kept !== null) return { text: kept, isNew: false };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const text = make();
  const draft = `${path}.${process.pid}.new`;
  rmSync(draft, { force: true });
  const file = openSync(draft, 'wx', 0o600);
  try {
    writeSync(file, `${text}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    // A link, unlike a rename, does not replace what another process may have put there meanwhile.
    linkSync(draft, path);
  } catch (error) {
    const other = readKey(path);
    if (other === null) throw error;
    return { text: other, isNew: false };
  } finally {
    unlinkSync(draft);
  }
  syncFolder(folder);
  return { text, isNew: true };
}

/** Without this a power cut may take the name of the file, and a new master key could read nothing that is kept. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * The text of a key file, or null when there is none. Throws `INVALID_INPUT` for an empty file, its field the path: making
 * another key instead could make what is kept unreadable.
 */
export function readKey(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').trim();
    chmodSync(path, 0o600);
    if (text !== '') return text;
    throw new Problem(
      'INVALID_INPUT',
      'the key file is empty; put the key back, or remove the file to make a new one',
      {
        field: path,
      },
    );
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

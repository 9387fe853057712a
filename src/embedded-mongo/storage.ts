// The LMDB file: its tables, and looking at it before it is opened. What is in the tables is in catalog.ts, records.ts and oplog.ts.
import { closeSync, existsSync, fstatSync, openSync, readSync, truncateSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { type Database, open, type RootDatabase } from 'lmdb';

/** The named tables of the file. All keys and values are bytes; values are kept with a checksum, but for those of `indexes`. */
export interface Storage {
  readonly root: RootDatabase<Buffer, Buffer>;
  /** what collections and indexes exist, and counters */
  readonly catalog: Table;
  /** collection id, encoded `_id` -> document */
  readonly documents: Table;
  /** index id, encoded fields, encoded `_id` -> nothing (unique index: encoded `_id`) */
  readonly indexes: Table;
  /** timestamp -> operations of one command */
  readonly oplog: Table;
  /** session id -> the last retryable write and its answer */
  readonly sessions: Table;
}

/** One table of the store. */
export type Table = Database<Buffer, Buffer>;

/** Opens (or makes) the file. Throws if it is damaged, or if it cannot be read and written. */
export function openStorage(path: string): Storage {
  checkFile(path);
  const binary = { encoding: 'binary', keyEncoding: 'binary' } as const;
  const root = open<Buffer, Buffer>({
    path,
    noSubdir: true,
    overlappingSync: true,
    // the writing thread sleeps until a transaction's work is done, instead of looking for more of it again and again
    strictAsyncOrder: true,
    maxDbs: 8,
    // address space, not disk; it spares re-mapping while the file grows
    mapSize: 2 ** 36,
    ...binary,
  });
  const table = (name: string): Table =>
    root.openDB<Buffer, Buffer>(name, { keyEncoding: 'binary', encoder: sealing(`${path}, table ${name}`) } as never);
  const storage = {
    root,
    catalog: table('catalog'),
    documents: table('documents'),
    indexes: root.openDB<Buffer, Buffer>('indexes', binary),
    oplog: table('oplog'),
    sessions: table('sessions'),
  };
  checkFormat(storage);
  return storage;
}

const formatKey = Buffer.from('format');

/** How the file is laid out; a program that does not know a format must not touch it. */
const format = '2';

function checkFormat({ root, catalog }: Storage): void {
  const isNew = catalog.getKeysCount() === 0;
  const found = root.get(formatKey)?.toString() ?? (isNew ? undefined : '1');
  if (found === undefined) root.putSync(formatKey, Buffer.from(format));
  else if (found !== format) throw new Error(`the store has format ${found}, this program reads format ${format}`);
}

/** The CRC-32 of any bytes that are followed by their own CRC-32. */
const sealedChecksum = 0x2144df1c;

/** Values are copied into the file's pages as they are put, within a transaction: then the next one may take their place. */
const sealed = Buffer.alloc(65_536);

/** Closes each value with its checksum, and opens only those whose checksum is right. */
function sealing(place: string): { encode(value: Buffer): Buffer; decode(bytes: Buffer): Buffer } {
  return {
    encode(value) {
      const length = value.length + 4;
      const bytes = length <= sealed.length ? sealed.subarray(0, length) : Buffer.allocUnsafe(length);
      value.copy(bytes);
      bytes.writeUInt32LE(crc32(value), value.length);
      return bytes;
    },
    decode(shared) {
      // the bytes lie in a longer buffer that the next read overwrites, or in the file itself
      const bytes = Uint8Array.prototype.slice.call(shared, 0, shared.length) as Buffer;
      if (crc32(bytes) !== sealedChecksum)
        throw new DamagedFileError(`${place}: a record is damaged, its checksum is wrong; restore a backup`);
      return bytes.subarray(0, -4);
    },
  };
}

/** What is wrong with the file, found before LMDB maps it: reading a map beyond the end of a file would kill the process. */
export class DamagedFileError extends Error {}

const lmdbMagic = 0xbeefc0de;
const metaOffsets = { magic: 24, pageSize: 48, lastPage: 144 } as const;

function checkFile(path: string): void {
  if (!existsSync(path)) return;
  const file = openSync(path, 'r');
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const first = readMeta(file, 0);
    if (first === undefined)
      throw new DamagedFileError(`${path} is not a store of this program, or its first page is damaged`);
    const second = readMeta(file, first.pageSize);
    if (second === undefined) throw new DamagedFileError(`the second page of ${path} is damaged`);
    const needed = [first, second].map(({ lastPage }) => (Number(lastPage) + 1) * first.pageSize).sort((x, y) => x - y);
    const [least = 0, most = 0] = needed;
    if (size < least) throw new DamagedFileError(`${path} is cut short: ${size} bytes are there, ${least} are needed`);
    // a power cut may have lost the end of the last transaction; LMDB goes back to the one before, but must be able to map it
    if (size < most) truncateSync(path, most);
  } finally {
    closeSync(file);
  }
}

function readMeta(file: number, offset: number): { pageSize: number; lastPage: bigint } | undefined {
  const page = Buffer.alloc(168);
  if (readSync(file, page, 0, page.length, offset) < page.length) return undefined;
  if (page.readUInt32LE(metaOffsets.magic) !== lmdbMagic) return undefined;
  const pageSize = page.readUInt32LE(metaOffsets.pageSize);
  const isPlausible = pageSize >= 512 && pageSize <= 65_536;
  return isPlausible ? { pageSize, lastPage: page.readBigUInt64LE(metaOffsets.lastPage) } : undefined;
}

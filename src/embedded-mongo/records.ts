// Documents and their index entries: written together or not at all. Oplog entries are made by the commands.
import type { Value } from './bson-raw.js';
import type { Catalog, Collection, Index } from './catalog.js';
import { CommandError, cannotCreateIndex } from './errors.js';
import { duplicateKey, idSpec } from './index-spec.js';
import { cutKey, encodeCompound, encodeValue, idOf } from './key-encoding.js';
import { keyOf } from './key-scan.js';
import { matchesDocument } from './match.js';
import { keyValuesAt } from './path.js';
import type { Storage } from './storage.js';
import type { Match } from './stream.js';

/** MongoDB's limit for one document. */
export const maxDocumentBytes = 16 * 1024 * 1024;

/** An entry has at most this many keys for one document. */
const maxKeysPerDocument = 100_000;

/** The key of a document within its collection, made from its `_id`. */
export function recordKeyOf(id: Value): Buffer {
  return cutKey(encodeValue(id));
}

/** `{_id}` of a document whose first field is that; `{}` of one without it. */
export function documentKeyOf(document: Buffer): Buffer {
  const end = idOf(document)?.end ?? 4;
  const key = Buffer.allocUnsafe(end + 1);
  document.copy(key, 0, 0, end);
  key.writeInt32LE(end + 1, 0);
  key[end] = 0;
  return key;
}

/** A document before and after it is changed. */
export interface Replacement {
  /** undefined: it is inserted */
  readonly before: Buffer | undefined;
  /** undefined: it is removed; else its `_id` must be the same */
  readonly after: Buffer | undefined;
  /** the top-level fields that may differ; undefined: any */
  readonly roots?: ReadonlySet<string> | undefined;
}

/** What changes documents. */
export type Records = ReturnType<typeof openRecords>;

/** The encoded field values under which an index has the document; empty if the index leaves it out. */
export function indexKeysOf(index: Index, document: Buffer): { keys: Buffer[]; hasArray: boolean } {
  if (index.partialFilter && !matchesDocument(index.partialFilter, document)) return { keys: [], hasArray: false };
  const columns: (Value | undefined)[][] = [];
  let hasArray = false;
  let isAllMissing = true;
  let arrayRoot: string | undefined;
  for (const { path } of index.fields) {
    const found = keyValuesAt(document, path);
    if (found.hasArray) {
      hasArray = true;
      if (arrayRoot !== undefined && arrayRoot !== path.parts[0]) {
        throw new CommandError(
          'CannotIndexParallelArrays',
          `cannot index parallel arrays [${path.text}] [${arrayRoot}]`,
        );
      }
      arrayRoot = path.parts[0];
    }
    if (found.values.some((value) => value !== undefined)) isAllMissing = false;
    columns.push(found.values);
  }
  if (index.isSparse && isAllMissing) return { keys: [], hasArray };
  const row = columns.map(([value]) => value);
  return { keys: hasArray ? multikeysOf(index, columns) : [encodeCompound(row, index.descending)], hasArray };
}

function multikeysOf(index: Index, columns: (Value | undefined)[][]): Buffer[] {
  let rows: (Value | undefined)[][] = [[]];
  for (const column of columns) {
    rows = rows.flatMap((row) => column.map((value) => [...row, value]));
    if (rows.length > maxKeysPerDocument)
      throw cannotCreateIndex(`too many index keys for one document in ${index.name}`);
  }
  const unique = new Map<string, Buffer>();
  for (const row of rows) {
    const key = encodeCompound(row, index.descending);
    unique.set(key.toString('latin1'), key);
  }
  return [...unique.values()];
}

/** The whole key of an index entry. A plain index ends with the document's key and the length of that. */
export function entryKey(index: Index, key: Buffer, recordKey: Buffer): Buffer {
  if (index.isUnique) return keyOf(index.id, key);
  const entry = Buffer.allocUnsafe(4 + key.length + recordKey.length + 2);
  entry.writeUInt32BE(index.id, 0);
  key.copy(entry, 4);
  recordKey.copy(entry, 4 + key.length);
  entry.writeUInt16BE(recordKey.length, entry.length - 2);
  return entry;
}

const nothing = Buffer.alloc(0);

/** Documents and indexes of a store. What changes them must run inside a write transaction, and throws before it wrote anything. */
export function openRecords(storage: Storage, catalog: Catalog) {
  const { documents, indexes } = storage;

  function checkUnique(collection: Collection, index: Index, entry: Entry): void {
    if (!index.isUnique) return;
    for (const key of entry.keys) {
      const owner = indexes.get(keyOf(index.id, key));
      if (owner && !owner.equals(entry.recordKey)) throw duplicateKey(collection.namespace, index.spec, entry.document);
    }
  }

  function putEntries(collection: Collection, index: Index, entry: Entry): void {
    const { recordKey } = entry;
    for (const key of entry.keys)
      void indexes.put(entryKey(index, key, recordKey), index.isUnique ? recordKey : nothing);
    if (!entry.hasArray || index.isMultikey) return;
    index.isMultikey = true;
    catalog.save(collection);
  }

  function removeEntries(index: Index, keys: readonly Buffer[], recordKey: Buffer): void {
    for (const key of keys) {
      const entry = entryKey(index, key, recordKey);
      // while a unique index is built, the entry may be another document's
      if (!index.isUnique || indexes.get(entry)?.equals(recordKey)) void indexes.remove(entry);
    }
  }

  function putDocument(collection: Collection, recordKey: Buffer, { before, after }: Replacement): void {
    const key = keyOf(collection.id, recordKey);
    if (!after) void documents.remove(key);
    else if (before) void documents.put(key, after);
    // within a transaction this tells whether it was written; the types do not know
    else if (!(documents.putSync(key, after, { noOverwrite: true } as never) as unknown as boolean))
      throw duplicateKey(collection.namespace, idSpec, after);
    if (before && after) return;
    collection.documentCount += after ? 1 : -1;
    collection.isCountDirty = true;
  }

  return {
    get: (collection: Collection, recordKey: Buffer) => documents.get(keyOf(collection.id, recordKey)),
    /** Inserts, changes or removes a document with its index entries. Throws `DuplicateKey`. */
    write(collection: Collection, recordKey: Buffer, change: Replacement): void {
      const { roots, after: document = nothing } = change;
      const changes = collection.indexes
        .filter((index) => roots === undefined || index.roots.some((root) => roots.has(root)))
        .map((index) => ({ index, ...changedKeys(index, change) }));
      for (const { index, keys } of changes) checkUnique(collection, index, { keys, recordKey, document });
      putDocument(collection, recordKey, change);
      for (const { index, keys, hasArray, removed } of changes) {
        removeEntries(index, removed, recordKey);
        putEntries(collection, index, { keys, hasArray, recordKey, document });
      }
    },
    /** Adds a document to one index, as building it does. Throws `DuplicateKey`. */
    addToIndex(collection: Collection, index: Index, { recordKey, document }: Match): void {
      const entry = { ...indexKeysOf(index, document), recordKey, document };
      checkUnique(collection, index, entry);
      putEntries(collection, index, entry);
    },
  };
}

/** A document under its keys in one index. */
interface Entry {
  readonly keys: readonly Buffer[];
  readonly hasArray?: boolean;
  readonly recordKey: Buffer;
  readonly document: Buffer;
}

/** The keys that a change adds to an index, and those it takes out of it. */
function changedKeys(
  index: Index,
  { before, after }: Replacement,
): { keys: Buffer[]; removed: Buffer[]; hasArray: boolean } {
  const old = before ? indexKeysOf(index, before).keys : [];
  const now = after ? indexKeysOf(index, after) : { keys: [], hasArray: false };
  if (old.length === 0 || now.keys.length === 0) return { ...now, removed: old };
  const without = (keys: readonly Buffer[], others: readonly Buffer[]) => {
    const known = new Set(others.map((key) => key.toString('latin1')));
    return keys.filter((key) => !known.has(key.toString('latin1')));
  };
  return { keys: without(now.keys, old), removed: without(old, now.keys), hasArray: now.hasArray };
}

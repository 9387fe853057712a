// Documents and their index entries: written together or not at all. Oplog entries are made by the commands.
import type { Value } from './bson-raw.js';
import type { Catalog, Collection, Index } from './catalog.js';
import { CommandError, cannotCreateIndex } from './errors.js';
import { describeKey, idPattern, patternOf } from './index-spec.js';
import { cutKey, encodeCompound, encodeValue, idOf } from './key-encoding.js';
import { keyOf } from './key-scan.js';
import { matchesDocument } from './match.js';
import { keyValuesAt } from './path.js';
import type { Storage } from './storage.js';

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
  readonly before: Buffer;
  readonly after: Buffer;
  /** the top-level fields that may differ; undefined: any */
  readonly roots: ReadonlySet<string> | undefined;
}

/** What changes documents. All methods must run inside a write transaction; each throws before it wrote anything, or not at all. */
export interface Records {
  get(collection: Collection, recordKey: Buffer): Buffer | undefined;
  /** Throws `DuplicateKey`. */
  insert(collection: Collection, recordKey: Buffer, document: Buffer): void;
  /** Throws `DuplicateKey`. The `_id` must be the same. */
  replace(collection: Collection, recordKey: Buffer, change: Replacement): void;
  remove(collection: Collection, recordKey: Buffer, document: Buffer): void;
  /** Adds a document to one index, as building it does. Throws `DuplicateKey`. */
  addToIndex(collection: Collection, index: Index, entry: { recordKey: Buffer; document: Buffer }): void;
}

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

/** The error of a second document with the same key, in MongoDB's words. */
export function duplicateKey(
  namespace: string,
  index: { name: string; pattern: Value },
  document: Buffer,
): CommandError {
  const { keyPattern, keyValue, shown } = describeKey(index.pattern, document);
  const message = `E11000 duplicate key error collection: ${namespace} index: ${index.name} dup key: ${shown}`;
  return new CommandError('DuplicateKey', message, { keyPattern, keyValue });
}

/** Documents and indexes of a store. */
export function openRecords(storage: Storage, catalog: Catalog): Records {
  const { documents, indexes } = storage;

  function checkUnique(
    collection: Collection,
    index: Index,
    entry: { keys: readonly Buffer[]; recordKey: Buffer; document: Buffer },
  ): void {
    if (!index.isUnique) return;
    for (const key of entry.keys) {
      const owner = indexes.get(keyOf(index.id, key));
      if (owner && !owner.equals(entry.recordKey)) {
        throw duplicateKey(collection.namespace, { name: index.name, pattern: patternOf(index.spec) }, entry.document);
      }
    }
  }

  function noteArrays(collection: Collection, index: Index): void {
    if (index.isMultikey) return;
    index.isMultikey = true;
    catalog.save(collection);
  }

  function putEntries(index: Index, keys: readonly Buffer[], recordKey: Buffer): void {
    for (const key of keys) void indexes.put(entryKey(index, key, recordKey), index.isUnique ? recordKey : nothing);
  }

  function removeEntries(index: Index, keys: readonly Buffer[], recordKey: Buffer): void {
    for (const key of keys) {
      const entry = entryKey(index, key, recordKey);
      // while a unique index is built, the entry may be another document's
      if (!index.isUnique || indexes.get(entry)?.equals(recordKey)) void indexes.remove(entry);
    }
  }

  return {
    get: (collection, recordKey) => documents.get(keyOf(collection.id, recordKey)),
    insert(collection, recordKey, document) {
      const entries = collection.indexes.map((index) => ({ index, ...indexKeysOf(index, document) }));
      for (const { index, keys } of entries) checkUnique(collection, index, { keys, recordKey, document });
      const key = keyOf(collection.id, recordKey);
      // within a transaction this tells whether it was written; the types do not know
      const isWritten = documents.putSync(key, document, { noOverwrite: true } as never) as unknown as boolean;
      if (!isWritten) {
        throw duplicateKey(collection.namespace, { name: '_id_', pattern: idPattern }, document);
      }
      for (const { index, keys, hasArray } of entries) {
        if (hasArray) noteArrays(collection, index);
        putEntries(index, keys, recordKey);
      }
      collection.documentCount += 1;
      collection.isCountDirty = true;
    },
    replace(collection, recordKey, { before, after, roots }) {
      const isTouched = (index: Index) => roots === undefined || index.roots.some((root) => roots.has(root));
      const changes = collection.indexes
        .filter(isTouched)
        .map((index) => ({ index, ...changedKeys(index, before, after) }));
      for (const { index, added } of changes)
        checkUnique(collection, index, { keys: added, recordKey, document: after });
      void documents.put(keyOf(collection.id, recordKey), after);
      for (const { index, ...change } of changes) {
        if (change.hasArray) noteArrays(collection, index);
        removeEntries(index, change.removed, recordKey);
        putEntries(index, change.added, recordKey);
      }
    },
    remove(collection, recordKey, document) {
      void documents.remove(keyOf(collection.id, recordKey));
      for (const index of collection.indexes) removeEntries(index, indexKeysOf(index, document).keys, recordKey);
      collection.documentCount -= 1;
      collection.isCountDirty = true;
    },
    addToIndex(collection, index, { recordKey, document }) {
      const { keys, hasArray } = indexKeysOf(index, document);
      checkUnique(collection, index, { keys, recordKey, document });
      if (hasArray) noteArrays(collection, index);
      putEntries(index, keys, recordKey);
    },
  };
}

function changedKeys(
  index: Index,
  before: Buffer,
  after: Buffer,
): { removed: Buffer[]; added: Buffer[]; hasArray: boolean } {
  const old = indexKeysOf(index, before);
  const now = indexKeysOf(index, after);
  const isIn = (keys: readonly Buffer[]) => {
    if (keys.length < 8) return (key: Buffer) => keys.some((other) => other.equals(key));
    const set = new Set(keys.map((key) => key.toString('latin1')));
    return (key: Buffer) => set.has(key.toString('latin1'));
  };
  const wasThere = isIn(old.keys);
  const isThere = isIn(now.keys);
  return {
    removed: old.keys.filter((key) => !isThere(key)),
    added: now.keys.filter((key) => !wasThere(key)),
    hasArray: now.hasArray,
  };
}

// What collections and indexes exist: held in memory, kept in the file. The entries of indexes are in records.ts.
import { documentValue, type Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import { firstIn, KeyScan, rangeOfId } from './key-scan.js';
import { compileFilter, conjunctsOf, type Expression } from './match.js';
import { type Path, parsePath } from './path.js';
import type { Storage } from './storage.js';

/** An index: what it is, and what is known about its entries. */
export interface Index {
  readonly id: number;
  readonly name: string;
  /** as `listIndexes` gives it */
  readonly spec: Buffer;
  readonly fields: readonly { readonly path: Path; readonly isDescending: boolean }[];
  readonly descending: readonly boolean[];
  readonly isUnique: boolean;
  readonly isSparse: boolean;
  readonly partialFilter: Expression | undefined;
  /** the top-level fields that its entries depend on */
  readonly roots: readonly string[];
  readonly expireAfterSeconds: number | undefined;
  /** a document had an array there: one document may have many entries */
  isMultikey: boolean;
  /** not all documents are in it yet: kept up to date, but not used for reading */
  isBuilding: boolean;
}

/** A collection and its indexes. The index on `_id` is the order of the documents themselves and is not in `indexes`. */
export interface Collection {
  readonly id: number;
  readonly db: string;
  readonly name: string;
  /** `db.name` */
  readonly namespace: string;
  indexes: readonly Index[];
  documentCount: number;
  isCountDirty: boolean;
}

/** The catalog of a store. */
export type Catalog = ReturnType<typeof openCatalog>;

const text = (value: string) => Buffer.from(value);
const nextIdKey = text('i');
const collectionKey = (namespace: string) => text(`c/${namespace}`);
const countKey = (id: number) => text(`n/${id}`);
const garbageKey = (table: string, id: number) => text(`g/${table}/${id}`);

/** Reads the catalog of a store. Everything that changes it must run inside a write transaction. */
export function openCatalog(storage: Storage) {
  const table = storage.catalog;
  let collections = new Map<string, Collection>();

  function load(): void {
    const before = new Map([...collections.values()].map((collection) => [collection.id, collection]));
    collections = new Map();
    const scan = new KeyScan(table, { start: text('c/'), end: text('c0') }, { withValues: true });
    while (scan.next()) {
      const collection = readCollection(scan.key.toString().slice(2), documentValue(scan.value as Buffer));
      collection.documentCount = Number(table.get(countKey(collection.id))?.toString() ?? 0);
      const held = before.get(collection.id);
      // work that is under way holds the object: it must see what changes from now on
      collections.set(collection.namespace, held ? Object.assign(held, collection) : collection);
    }
  }

  function nextId(): number {
    const id = Number(table.get(nextIdKey)?.toString() ?? 1);
    void table.put(nextIdKey, text(String(id + 1)));
    return id;
  }

  function save({ id, namespace, indexes }: Collection): void {
    const kept = indexes.map(({ id, spec, isMultikey, isBuilding }) => ({ id, spec, isMultikey, isBuilding }));
    void table.put(collectionKey(namespace), writeDocument({ id, indexes: kept }));
  }

  load();
  return {
    find: (namespace: string) => collections.get(namespace),
    all: (): Iterable<Collection> => collections.values(),
    create(db: string, name: string): Collection {
      const collection = newCollection(nextId(), `${db}.${name}`);
      collections.set(collection.namespace, collection);
      save(collection);
      return collection;
    },
    drop(collection: Collection): void {
      collections.delete(collection.namespace);
      void table.remove(collectionKey(collection.namespace));
      void table.remove(countKey(collection.id));
      void table.put(garbageKey('documents', collection.id), text(''));
      for (const index of collection.indexes) void table.put(garbageKey('indexes', index.id), text(''));
    },
    /** Adds an index without entries, to be built. */
    addIndex(collection: Collection, spec: Buffer): Index {
      const index = readIndex({ id: nextId(), spec, isMultikey: false, isBuilding: true });
      collection.indexes = [...collection.indexes, index];
      save(collection);
      return index;
    },
    dropIndex(collection: Collection, index: Index): void {
      collection.indexes = collection.indexes.filter((other) => other !== index);
      void table.put(garbageKey('indexes', index.id), text(''));
      save(collection);
    },
    /** Keeps a changed property of a collection or its indexes. */
    save,
    /** Writes the counts of documents that changed. */
    saveCounts(): void {
      for (const collection of collections.values()) {
        if (!collection.isCountDirty) continue;
        collection.isCountDirty = false;
        void table.put(countKey(collection.id), text(String(collection.documentCount)));
      }
    },
    /** Reads everything again, after a transaction was undone. */
    reload: load,
    hasGarbage: () => firstGarbage(storage) !== undefined,
    /** Deletes a bounded number of leftovers of dropped collections and indexes; false if there was nothing to do. */
    sweep: (limit: number) => sweepGarbage(storage, limit),
  };
}

function firstGarbage(storage: Storage): Buffer | undefined {
  const range = { start: text('g/'), end: text('g0') };
  return firstIn(storage.catalog, range, {})?.key;
}

function sweepGarbage(storage: Storage, limit: number): boolean {
  const garbage = firstGarbage(storage);
  if (!garbage) return false;
  const [, tableName, idText] = garbage.toString().split('/');
  const id = Number(idText);
  const table = tableName === 'documents' ? storage.documents : storage.indexes;
  const keys = [...table.getKeys({ ...rangeOfId(id), limit })];
  for (const key of keys) void table.remove(key);
  if (keys.length < limit) void storage.catalog.remove(garbage);
  return true;
}

function newCollection(id: number, namespace: string, indexes: readonly Index[] = []): Collection {
  const dot = namespace.indexOf('.');
  const [db, name] = [namespace.slice(0, dot), namespace.slice(dot + 1)];
  return { id, db, name, namespace, indexes, documentCount: 0, isCountDirty: false };
}

function readCollection(namespace: string, kept: Value): Collection {
  const need = (document: Value, name: string): Value => {
    const value = document.field(name);
    if (!value) throw new Error(`the catalog entry of ${namespace} has no ${name}`);
    return value;
  };
  const indexes = need(kept, 'indexes')
    .elements()
    .map((index) =>
      readIndex({
        id: need(index, 'id').number(),
        spec: Buffer.from(need(index, 'spec').raw()),
        isMultikey: need(index, 'isMultikey').isTruthy(),
        isBuilding: need(index, 'isBuilding').isTruthy(),
      }),
    );
  return newCollection(need(kept, 'id').number(), namespace, indexes);
}

/** The parsed form of an index specification `{v, key, name, unique, …}` as `checkIndexSpec` made it. */
export function readIndex(entry: { id: number; spec: Buffer; isMultikey: boolean; isBuilding: boolean }): Index {
  const option = (name: string) => documentValue(entry.spec).field(name);
  const fields = (option('key')?.fields() ?? []).map(([path, direction]) => ({
    path: parsePath(path),
    isDescending: direction.number() < 0,
  }));
  const partial = option('partialFilterExpression');
  const partialFilter = partial && compileFilter(partial);
  const conjuncts = partialFilter ? conjunctsOf(partialFilter) : [];
  const filtered = conjuncts.flatMap((conjunct) => (conjunct.kind === 'field' ? [conjunct.path] : []));
  return {
    ...entry,
    name: option('name')?.text() ?? '',
    fields,
    descending: fields.map((field) => field.isDescending),
    isUnique: option('unique')?.isTruthy() ?? false,
    isSparse: option('sparse')?.isTruthy() ?? false,
    partialFilter,
    roots: [...new Set([...fields.map(({ path }) => path), ...filtered].map((path) => path.parts[0] ?? ''))],
    expireAfterSeconds: option('expireAfterSeconds')?.number(),
  };
}

// What collections and indexes exist: held in memory, kept in the file. The entries of indexes are in records.ts.
import { randomBytes } from 'node:crypto';
import {
  documentValue,
  elementsOf,
  fieldsOf,
  findField,
  isTruthy,
  numberOf,
  stringOf,
  type Value,
  valueBytes,
} from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import { CommandError } from './errors.js';
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
  readonly uuid: Buffer;
  readonly options: Buffer;
  indexes: readonly Index[];
  documentCount: number;
  isCountDirty: boolean;
}

/** The catalog. Everything that changes it must run inside a write transaction. */
export interface Catalog {
  find(namespace: string): Collection | undefined;
  all(): Iterable<Collection>;
  create(db: string, name: string, options?: Buffer): Collection;
  drop(collection: Collection): void;
  addIndex(collection: Collection, spec: Buffer, isBuilding: boolean): Index;
  dropIndex(collection: Collection, index: Index): void;
  /** Keeps a changed property of a collection or its indexes. */
  save(collection: Collection): void;
  /** Writes the counts of documents that changed. */
  saveCounts(): void;
  /** Reads everything again, after a transaction was undone. */
  reload(): void;
  hasGarbage(): boolean;
  /** Deletes a bounded number of leftovers of dropped collections and indexes; false if there was nothing to do. */
  sweep(limit: number): boolean;
}

const text = (value: string) => Buffer.from(value);
const nextIdKey = text('i');
const collectionKey = (namespace: string) => text(`c/${namespace}`);
const countKey = (id: number) => text(`n/${id}`);
const garbageKey = (table: string, id: number) => text(`g/${table}/${id}`);

/** The catalog of a store. */
export function openCatalog(storage: Storage): Catalog {
  const table = storage.catalog;
  let collections = new Map<string, Collection>();

  function load(): void {
    const before = new Map([...collections.values()].map((collection) => [collection.id, collection]));
    collections = new Map();
    const scan = new KeyScan(table, { start: text('c/'), end: text('c0') }, { reverse: false, withValues: true });
    while (scan.next()) {
      const collection = readCollection(scan.key.toString().slice(2), scan.value as Buffer);
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

  function save(collection: Collection): void {
    const { id, uuid, options } = collection;
    const indexes = collection.indexes.map((index) => ({
      id: index.id,
      spec: index.spec,
      isMultikey: index.isMultikey,
      isBuilding: index.isBuilding,
    }));
    void table.put(
      collectionKey(collection.namespace),
      writeDocument({ id, uuid: new Uint8Array(uuid), options, indexes }),
    );
  }

  load();
  return {
    find: (namespace) => collections.get(namespace),
    all: () => collections.values(),
    create(db, name, options = writeDocument({})) {
      const collection: Collection = {
        id: nextId(),
        db,
        name,
        namespace: `${db}.${name}`,
        uuid: randomBytes(16),
        options,
        indexes: [],
        documentCount: 0,
        isCountDirty: false,
      };
      collections.set(collection.namespace, collection);
      save(collection);
      return collection;
    },
    drop(collection) {
      collections.delete(collection.namespace);
      void table.remove(collectionKey(collection.namespace));
      void table.remove(countKey(collection.id));
      void table.put(garbageKey('documents', collection.id), text(''));
      for (const index of collection.indexes) void table.put(garbageKey('indexes', index.id), text(''));
    },
    addIndex(collection, spec, isBuilding) {
      const index = readIndex({ id: nextId(), spec, isMultikey: false, isBuilding });
      collection.indexes = [...collection.indexes, index];
      save(collection);
      return index;
    },
    dropIndex(collection, index) {
      collection.indexes = collection.indexes.filter((other) => other !== index);
      void table.put(garbageKey('indexes', index.id), text(''));
      save(collection);
    },
    save,
    saveCounts() {
      for (const collection of collections.values()) {
        if (!collection.isCountDirty) continue;
        collection.isCountDirty = false;
        void table.put(countKey(collection.id), text(String(collection.documentCount)));
      }
    },
    reload: load,
    hasGarbage: () => firstGarbage(storage) !== undefined,
    sweep: (limit) => sweepGarbage(storage, limit),
  };
}

function firstGarbage(storage: Storage): Buffer | undefined {
  const range = { start: text('g/'), end: text('g0') };
  return firstIn(storage.catalog, range, { reverse: false, withValues: false })?.key;
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

function readCollection(namespace: string, document: Buffer): Collection {
  const fields = new Map(fieldsOf(documentValue(document)));
  const need = (name: string): Value => {
    const value = fields.get(name);
    if (!value) throw new Error(`the catalog entry of ${namespace} has no ${name}`);
    return value;
  };
  const dot = namespace.indexOf('.');
  const uuid = need('uuid');
  return {
    id: numberOf(need('id')),
    db: namespace.slice(0, dot),
    name: namespace.slice(dot + 1),
    namespace,
    uuid: Buffer.from(uuid.bytes.subarray(uuid.start + 5, uuid.end)),
    options: Buffer.from(valueBytes(need('options'))),
    indexes: elementsOf(need('indexes')).map((entry) => {
      const index = new Map(fieldsOf(entry));
      const spec = index.get('spec');
      if (!spec) throw new Error(`an index of ${namespace} has no specification`);
      return readIndex({
        id: numberOf(index.get('id') as Value),
        spec: Buffer.from(valueBytes(spec)),
        isMultikey: isTruthy(index.get('isMultikey') as Value),
        isBuilding: isTruthy(index.get('isBuilding') as Value),
      });
    }),
    documentCount: 0,
    isCountDirty: false,
  };
}

/** The parsed form of an index specification `{v, key, name, unique, …}`. */
export function readIndex(entry: { id: number; spec: Buffer; isMultikey: boolean; isBuilding: boolean }): Index {
  const option = (name: string) => findField(entry.spec, 0, Buffer.from(name));
  const key = option('key');
  const name = option('name');
  if (!key || !name) throw new CommandError('CannotCreateIndex', 'an index needs a key and a name');
  const partial = option('partialFilterExpression');
  const expire = option('expireAfterSeconds');
  const flag = (optionName: string) => {
    const value = option(optionName);
    return value !== undefined && isTruthy(value);
  };
  const fields = fieldsOf(key).map(([path, direction]) => ({
    path: parsePath(path),
    isDescending: numberOf(direction) < 0,
  }));
  const partialFilter = partial ? compileFilter(partial) : undefined;
  const conjuncts = partialFilter ? conjunctsOf(partialFilter) : [];
  const filtered = conjuncts.flatMap((conjunct) => (conjunct.kind === 'field' ? [conjunct.path] : []));
  return {
    ...entry,
    name: stringOf(name),
    fields,
    descending: fields.map((field) => field.isDescending),
    isUnique: flag('unique'),
    isSparse: flag('sparse'),
    partialFilter,
    roots: [...new Set([...fields.map(({ path }) => path), ...filtered].map((path) => path.parts[0] ?? ''))],
    expireAfterSeconds: expire ? numberOf(expire) : undefined,
  };
}

// Databases and collections: create, drop, list. Indexes are in indexes.ts.
import { BsonType, fieldsOf, Value, valueBytes } from '../bson-raw.js';
import { toValue, writeDocument } from '../bson-write.js';
import {
  type Command,
  checkNamespace,
  documentOption,
  flagOption,
  namespaceOf,
  numberOption,
  type Reply,
} from '../command.js';
import type { Engine } from '../engine.js';
import { idIndexSpec } from '../index-spec.js';
import { compileFilter, matchesDocument } from '../match.js';
import { atOnce } from '../work.js';
import { firstBatch, sourceOfDocuments } from './find.js';

/** `{create}`: a plain collection; capped, time series, views and validators are refused by name. */
export function create(command: Command, engine: Engine): Promise<Reply> {
  const { db, collection, namespace } = namespaceOf(command);
  return engine.writer.run(() =>
    atOnce(() => {
      // creating what is there with the same options is no error
      if (engine.catalog.find(namespace)) return {};
      engine.catalog.create(db, collection);
      engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ create: collection }) }]);
      return {};
    }),
  );
}

/** `{drop}`. */
export function drop(command: Command, engine: Engine): Promise<Reply> {
  const { db, collection: name, namespace } = namespaceOf(command);
  return engine.writer.run(() =>
    atOnce(() => {
      const collection = engine.catalog.find(namespace);
      // since MongoDB 7.0 dropping what is not there is no error
      if (!collection) return {};
      const count = collection.indexes.length + 1;
      engine.catalog.drop(collection);
      engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ drop: name }) }]);
      return { nIndexesWas: count, ns: namespace };
    }),
  );
}

/** `{dropDatabase: 1}`. */
export function dropDatabase(command: Command, engine: Engine): Promise<Reply> {
  const { db } = command;
  checkNamespace(db, 'x');
  return engine.writer.run(() =>
    atOnce(() => {
      const doomed = [...engine.catalog.all()].filter((collection) => collection.db === db);
      for (const collection of doomed) {
        engine.catalog.drop(collection);
        engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ drop: collection.name }) }]);
      }
      if (doomed.length === 0) return {};
      engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ dropDatabase: 1 }) }]);
      return { dropped: db };
    }),
  );
}

/** `{listCollections, filter, nameOnly}`. */
export function listCollections(command: Command, engine: Engine): Promise<Reply> {
  const filter = compileFilter(documentOption(command.fields, 'filter'));
  const isNameOnly = flagOption(command.fields, 'nameOnly');
  const documents: Buffer[] = [];
  for (const collection of engine.catalog.all()) {
    if (collection.db !== command.db) continue;
    const uuid = toUuid(collection.uuid);
    const whole = writeDocument({
      name: collection.name,
      type: 'collection',
      options: collection.options,
      info: { readOnly: false, uuid },
      idIndex: idIndexSpec(),
    });
    if (!matchesDocument(filter, whole)) continue;
    documents.push(isNameOnly ? writeDocument({ name: collection.name, type: 'collection' }) : whole);
  }
  documents.sort((a, b) => a.compare(b, 0, b.length, 0, a.length));
  return firstBatch(engine, command, {
    namespace: `${command.db}.$cmd.listCollections`,
    source: sourceOfDocuments(documents),
    batchSize: cursorBatchSize(command),
  });
}

/** A UUID as BSON binary of subtype 4. */
function toUuid(bytes: Buffer): Value {
  const value = toValue(new Uint8Array(bytes));
  const copy = Buffer.from(valueBytes(value));
  copy[4] = 4;
  return new Value(BsonType.binary, copy, 0, copy.length);
}

/** The batch size of `cursor: {batchSize}`. */
export function cursorBatchSize(command: Command): number {
  const cursor = command.fields.get('cursor');
  return cursor?.type === BsonType.object ? numberOption(new Map(fieldsOf(cursor)), 'batchSize', 10_000) : 10_000;
}

/** `{listDatabases, filter, nameOnly}`. */
export function listDatabases(command: Command, engine: Engine): Reply {
  const filter = compileFilter(documentOption(command.fields, 'filter'));
  const isNameOnly = flagOption(command.fields, 'nameOnly');
  const names = [...new Set([...engine.catalog.all()].map(({ db }) => db))].sort();
  const databases = names
    .map((name) => ({ name, sizeOnDisk: 0, empty: false }))
    .filter((database) => matchesDocument(filter, writeDocument(database)))
    .map(({ name, ...rest }) => (isNameOnly ? { name } : { name, ...rest }));
  return isNameOnly ? { databases } : { databases, totalSize: 0, totalSizeMb: 0 };
}

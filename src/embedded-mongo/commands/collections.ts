// Databases and collections: create, drop, list. Indexes are in indexes.ts.
import { writeDocument } from '../bson-write.js';
import type { Collection } from '../catalog.js';
import {
  type Command,
  checkNamespace,
  cursorBatchSize,
  documentOption,
  flagOption,
  namespaceOf,
  type Reply,
} from '../command.js';
import type { Engine } from '../engine.js';
import { idSpec } from '../index-spec.js';
import { compileFilter, matchesDocument } from '../match.js';
import { atOnce } from '../work.js';
import { collectionFor } from '../write-documents.js';
import { firstBatch, sourceOfDocuments } from './find.js';

/** `{create}`: a plain collection; capped, time series, views and validators are refused by name. */
export function create(command: Command, engine: Engine): Promise<Reply> {
  const { db, collection } = namespaceOf(command);
  return engine.writer.run(() =>
    atOnce(() => {
      // creating what is there with the same options is no error
      collectionFor(engine, db, collection);
      return {};
    }),
  );
}

function dropCollection(engine: Engine, collection: Collection): void {
  const { db, name } = collection;
  engine.catalog.drop(collection);
  engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ drop: name }) }]);
}

/** `{drop}`. */
export function drop(command: Command, engine: Engine): Promise<Reply> {
  const { namespace } = namespaceOf(command);
  return engine.writer.run(() =>
    atOnce(() => {
      const collection = engine.catalog.find(namespace);
      // since MongoDB 7.0 dropping what is not there is no error
      if (!collection) return {};
      dropCollection(engine, collection);
      return { nIndexesWas: collection.indexes.length + 1, ns: namespace };
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
      if (doomed.length === 0) return {};
      for (const collection of doomed) dropCollection(engine, collection);
      engine.oplog.append(`${db}.$cmd`, [{ kind: 'command', document: writeDocument({ dropDatabase: 1 }) }]);
      return { dropped: db };
    }),
  );
}

/** `{listCollections, filter, nameOnly}`. */
export function listCollections(command: Command, engine: Engine): Promise<Reply> {
  const { db, fields } = command;
  const filter = compileFilter(documentOption(fields, 'filter'));
  const details = flagOption(fields, 'nameOnly') ? {} : { options: {}, info: { readOnly: false }, idIndex: idSpec };
  const names = [...engine.catalog.all()].flatMap((collection) => (collection.db === db ? [collection.name] : []));
  const documents = names.sort().map((name) => writeDocument({ name, type: 'collection', ...details }));
  return firstBatch(engine, command, {
    namespace: `${db}.$cmd.listCollections`,
    source: sourceOfDocuments(documents.filter((document) => matchesDocument(filter, document))),
    batchSize: cursorBatchSize(command, 10_000),
  });
}

/** `{listDatabases, filter, nameOnly}`. */
export function listDatabases(command: Command, engine: Engine): Reply {
  const filter = compileFilter(documentOption(command.fields, 'filter'));
  const details = flagOption(command.fields, 'nameOnly') ? {} : { sizeOnDisk: 0, empty: false };
  const databases = [...new Set([...engine.catalog.all()].map(({ db }) => db))]
    .sort()
    .map((name) => writeDocument({ name, ...details }))
    .filter((database) => matchesDocument(filter, database));
  return { databases, totalSize: 0, totalSizeMb: 0 };
}

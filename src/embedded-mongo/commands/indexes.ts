// createIndexes, dropIndexes, listIndexes. What an index is, is in catalog.ts; its entries are in records.ts.
import { BsonType, type Value } from '../bson-raw.js';
import type { Collection, Index } from '../catalog.js';
import { type Command, cursorBatchSize, namespaceOf, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { badValue, CommandError, cannotCreateIndex, failedToParse, typeMismatch } from '../errors.js';
import {
  checkIndexSpec,
  idPattern,
  idSpec,
  indexWithPattern,
  isSameIndex,
  isSamePattern,
  nameOf,
  patternOf,
} from '../index-spec.js';
import { KeyScan, rangeOfId } from '../key-scan.js';
import { atOnce, type Work } from '../work.js';
import { collectionFor } from '../write-documents.js';
import { firstBatch, sourceOfDocuments } from './find.js';

/** How many documents are added to a new index between two places where others may run. */
const documentsPerStep = 200;

/** `{createIndexes, indexes}`: answers when they are built; meanwhile others read and write. */
export function createIndexes(command: Command, engine: Engine): Promise<Reply> {
  const { db, collection: name } = namespaceOf(command);
  const list = command.fields.get('indexes');
  if (list?.type !== BsonType.array || list.elements().length === 0)
    throw badValue('Must specify at least one index to create');
  const given = list.elements();
  for (const spec of given)
    if (spec.type !== BsonType.object) throw typeMismatch('The elements of the indexes array must be objects');
  const specs = given.map(checkIndexSpec);
  return engine.writer
    .run(function* (): Work<Reply> {
      const wasThere = engine.catalog.find(`${db}.${name}`) !== undefined;
      const collection = collectionFor(engine, db, name);
      const before = collection.indexes.length + 1;
      const wanted = specs.filter((spec) => !isSamePattern(patternOf(spec), idPattern) && isNew(collection, spec));
      if (collection.indexes.length + wanted.length > 63)
        throw cannotCreateIndex(`too many indexes for ${collection.namespace}`);
      const built: Index[] = [];
      try {
        for (const spec of wanted) {
          const index = engine.catalog.addIndex(collection, spec);
          built.push(index);
          yield* fill(engine, collection, index);
        }
      } catch (error) {
        for (const index of built) if (collection.indexes.includes(index)) engine.catalog.dropIndex(collection, index);
        return { error };
      }
      for (const index of built) index.isBuilding = false;
      engine.catalog.save(collection);
      return {
        numIndexesBefore: before,
        numIndexesAfter: collection.indexes.length + 1,
        createdCollectionAutomatically: !wasThere,
        ...(wanted.length === 0 ? { note: 'all indexes already exist' } : {}),
      };
    })
    .then((reply) => {
      // dropping the half-built index is a write that must stay, so the error comes out only now
      if ('error' in reply) throw reply.error;
      return reply;
    });
}

/** True if the index is not there yet. Throws if another one has its name or its key. */
function isNew(collection: Collection, spec: Buffer): boolean {
  const name = nameOf(spec);
  for (const index of collection.indexes) {
    const isSame = isSameIndex(index.spec, spec);
    if (index.name === name) {
      if (isSame) return false;
      throw new CommandError('IndexKeySpecsConflict', `Another index has the name ${name}`);
    }
    if (isSame)
      throw new CommandError('IndexOptionsConflict', `Index already exists with a different name: ${index.name}`);
    if (isSamePattern(patternOf(index.spec), patternOf(spec)) && !index.partialFilter) {
      throw new CommandError('IndexOptionsConflict', `Index exists with different options: ${index.name}`);
    }
  }
  return true;
}

function* fill(engine: Engine, collection: Collection, index: Index): Work<void> {
  let after: Buffer | undefined;
  for (;;) {
    const scan = new KeyScan(engine.storage.documents, rangeOfId(collection.id), { withValues: true, after });
    const step: { key: Buffer; document: Buffer }[] = [];
    while (step.length < documentsPerStep && scan.next()) step.push({ key: scan.key, document: scan.value as Buffer });
    scan.pause();
    for (const { key, document } of step)
      engine.records.addToIndex(collection, index, { recordKey: key.subarray(4), document });
    if (step.length < documentsPerStep) return;
    after = step.at(-1)?.key;
    yield;
    if (engine.catalog.find(collection.namespace) !== collection || !collection.indexes.includes(index))
      throw new CommandError('IndexNotFound', 'the index or its collection was dropped while it was being built');
  }
}

/** `{dropIndexes, index}`: a name, a key pattern, a list of names, or `*` for all. */
export function dropIndexes(command: Command, engine: Engine): Promise<Reply> {
  const { namespace } = namespaceOf(command);
  const which = command.fields.get('index');
  if (!which) throw failedToParse("BSON field 'dropIndexes.index' is missing but a required field");
  return engine.writer.run(() =>
    atOnce(() => {
      const collection = engine.catalog.find(namespace);
      if (!collection) throw new CommandError('NamespaceNotFound', `ns not found ${namespace}`);
      const before = collection.indexes.length + 1;
      const doomed = chooseIndexes(collection, which);
      for (const index of doomed) engine.catalog.dropIndex(collection, index);
      return { nIndexesWas: before };
    }),
  );
}

function chooseIndexes(collection: Collection, which: Value): readonly Index[] {
  if (which.type === BsonType.array) return which.elements().flatMap((name) => chooseIndexes(collection, name));
  if (which.type !== BsonType.string && which.type !== BsonType.object)
    throw typeMismatch('dropIndexes needs a name, a list of names or a key pattern');
  const isName = which.type === BsonType.string;
  const name = isName ? which.text() : indexWithPattern(collection.indexes, which);
  if (name === '*') return collection.indexes;
  if (name === '_id_') throw new CommandError('InvalidOptions', 'cannot drop _id index');
  const index = collection.indexes.find((candidate) => candidate.name === name);
  if (!index) throw new CommandError('IndexNotFound', `index not found with ${isName ? `name [${name}]` : 'that key'}`);
  return [index];
}

/** `{listIndexes}`. */
export async function listIndexes(command: Command, engine: Engine): Promise<Reply> {
  const { namespace } = namespaceOf(command);
  const collection = engine.catalog.find(namespace);
  if (!collection) throw new CommandError('NamespaceNotFound', `ns does not exist: ${namespace}`);
  const specs = [idSpec, ...collection.indexes.filter((index) => !index.isBuilding).map((index) => index.spec)];
  return firstBatch(engine, command, {
    namespace,
    source: sourceOfDocuments(specs),
    batchSize: cursorBatchSize(command, 10_000),
  });
}

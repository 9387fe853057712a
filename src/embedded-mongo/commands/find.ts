// find, getMore, killCursors, count and distinct. Reading itself is in planner.ts and stream.ts.
import { BsonType, elementsOf, integerOf, numberOf, stringOf, Value } from '../bson-raw.js';
import { RawArray } from '../bson-write.js';
import type { Collection } from '../catalog.js';
import {
  type Command,
  checkNamespace,
  documentOption,
  flagOption,
  namespaceOf,
  numberOption,
  type Reply,
} from '../command.js';
import { type Batch, type BatchSource, maxBatchBytes } from '../cursor.js';
import type { Engine } from '../engine.js';
import { CommandError } from '../errors.js';
import { encodeValue } from '../key-encoding.js';
import { compileFilter, isEmptyFilter } from '../match.js';
import { keyValuesAt, parsePath } from '../path.js';
import { plan } from '../planner.js';
import { compileProjection, type Projection } from '../projection.js';
import { sessionIdOf } from '../sessions.js';
import { compileSort } from '../sort.js';
import { openStream, readAll, type Stream } from '../stream.js';
import { runReading, type Work } from '../work.js';
import { hintOf } from './hint.js';

/** The size of a first batch if the client does not say. */
const defaultBatchSize = 101;

/** A batch source over a stream. */
export function sourceOfStream(
  stream: Stream,
  wish: { skip: number; limit: number; project: Projection | undefined },
): BatchSource {
  let skip = wish.skip;
  let left = wish.limit > 0 ? wish.limit : Number.POSITIVE_INFINITY;
  let held: Buffer | undefined;

  function* fill(size: number): Work<Batch> {
    const documents: Buffer[] = [];
    let bytes = 0;
    let isLast = left <= 0;
    if (held) {
      documents.push(held);
      bytes = held.length;
      held = undefined;
    }
    while (!isLast && documents.length < size) {
      const match = stream.next();
      if (match === 'end') isLast = true;
      else if (match === 'more') {
        if (yield) stream.pause();
      } else if (skip > 0) skip -= 1;
      else {
        left -= 1;
        if (left <= 0) isLast = true;
        const document = wish.project ? wish.project(match.document) : match.document;
        bytes += document.length;
        if (bytes > maxBatchBytes && documents.length > 0) {
          held = document;
          isLast = false;
          break;
        }
        documents.push(document);
        if (documents.length % 64 === 0 && (yield)) stream.pause();
      }
    }
    stream.pause();
    return { documents, isLast: isLast && held === undefined };
  }

  return {
    nextBatch: (size) => runReading(fill(size)),
    close: () => stream.pause(),
  };
}

/** A batch source over documents that are already there. */
export function sourceOfDocuments(documents: readonly Buffer[]): BatchSource {
  let position = 0;
  return {
    nextBatch(size) {
      const start = position;
      let bytes = 0;
      while (position < documents.length && position - start < size) {
        bytes += documents[position]?.length ?? 0;
        if (bytes > maxBatchBytes && position > start) break;
        position += 1;
      }
      return Promise.resolve({ documents: documents.slice(start, position), isLast: position >= documents.length });
    },
    close: () => undefined,
  };
}

/** The answer with a cursor's first batch; the cursor stays open if there may be more. */
export async function firstBatch(
  engine: Engine,
  command: Command,
  wish: { namespace: string; source: BatchSource; batchSize: number; isSingle?: boolean; maxWaitMs?: number },
): Promise<Reply> {
  const { namespace, source } = wish;
  const batch = await source.nextBatch(wish.batchSize, wish.maxWaitMs ?? 0);
  let id = 0n;
  if (batch.isLast || wish.isSingle) source.close();
  else {
    const hasTimeout = !flagOption(command.fields, 'noCursorTimeout');
    id = engine.cursors.open({ namespace, source, hasTimeout, session: sessionIdOf(command.fields) });
  }
  return {
    cursor: { firstBatch: new RawArray(batch.documents), postBatchResumeToken: batch.resumeToken, id, ns: namespace },
  };
}

/** The stream of a collection that is not there. */
export const emptyStream: Stream = { next: () => 'end', pause: () => undefined };

/** The stream of a find-like command. */
export function findStream(
  engine: Engine,
  command: Command,
  wish: { collection: Collection | undefined; filterName: string; limit: number },
): Stream {
  const { collection } = wish;
  const filter = compileFilter(documentOption(command.fields, wish.filterName));
  const sort = compileSort(command.fields.get('sort'));
  if (!collection) return emptyStream;
  const chosen = plan(collection, filter, { sort, hint: hintOf(command.fields.get('hint'), collection) });
  return openStream(engine.storage, collection, { plan: chosen, sort, limit: wish.limit });
}

/** `{find, filter, projection, sort, skip, limit, batchSize, singleBatch, hint}`. */
export function find(command: Command, engine: Engine): Promise<Reply> {
  const { fields } = command;
  const { namespace } = namespaceOf(command);
  const project = compileProjection(fields.get('projection'));
  const skip = numberOption(fields, 'skip', 0);
  const rawLimit = fields.get('limit');
  const isNegative = rawLimit !== undefined && numberOf(rawLimit) < 0;
  const limit = isNegative ? -numberOf(rawLimit) : numberOption(fields, 'limit', 0);
  const stream = findStream(engine, command, {
    collection: engine.catalog.find(namespace),
    filterName: 'filter',
    limit: limit > 0 ? limit + skip : 0,
  });
  return firstBatch(engine, command, {
    namespace,
    source: sourceOfStream(stream, { skip, limit, project }),
    batchSize: numberOption(fields, 'batchSize', defaultBatchSize),
    isSingle: isNegative || flagOption(fields, 'singleBatch'),
  });
}

/** `{getMore, collection, batchSize, maxTimeMS}`. */
export async function getMore(command: Command, engine: Engine): Promise<Reply> {
  const id = command.fields.get('getMore');
  const collection = command.fields.get('collection');
  if (id === undefined || collection?.type !== BsonType.string)
    throw new CommandError('FailedToParse', 'getMore needs a cursor id and a collection');
  const cursorId = integerOf(id);
  const namespace = `${command.db}.${stringOf(collection)}`;
  const batch = await engine.cursors.next(cursorId, {
    namespace,
    size: numberOption(command.fields, 'batchSize', 0) || Number.POSITIVE_INFINITY,
    maxWaitMs: numberOption(command.fields, 'maxTimeMS', 1000),
  });
  return {
    cursor: {
      nextBatch: new RawArray(batch.documents),
      postBatchResumeToken: batch.resumeToken,
      id: batch.isLast ? 0n : cursorId,
      ns: namespace,
    },
  };
}

/** `{killCursors, cursors}`. */
export function killCursors(command: Command, engine: Engine): Reply {
  const cursors = command.fields.get('cursors');
  if (cursors?.type !== BsonType.array)
    throw new CommandError('FailedToParse', 'killCursors needs an array of cursors');
  const killed: bigint[] = [];
  const missing: bigint[] = [];
  for (const value of elementsOf(cursors)) {
    const id = integerOf(value);
    (engine.cursors.kill(id) ? killed : missing).push(id);
  }
  return { cursorsKilled: killed, cursorsNotFound: missing, cursorsAlive: [], cursorsUnknown: [] };
}

/** Counts the documents of a filter, from an index alone where that is enough. */
export function* countMatches(
  engine: Engine,
  collection: Collection | undefined,
  wish: { filter: Value; hint: Value | undefined; skip: number; limit: number },
): Work<number> {
  const filter = compileFilter(wish.filter);
  const most = wish.limit > 0 ? wish.limit : Number.POSITIVE_INFINITY;
  if (!collection) return 0;
  if (isEmptyFilter(filter)) return Math.min(Math.max(0, collection.documentCount - wish.skip), most);
  const chosen = plan(collection, filter, { sort: [], hint: hintOf(wish.hint, collection) });
  let count = 0;
  yield* readAll(openStream(engine.storage, collection, { plan: chosen, needsDocuments: false }), () => {
    count += 1;
    return count < most + wish.skip;
  });
  return Math.min(Math.max(0, count - wish.skip), most);
}

/** `{count, query, limit, skip, hint}`. */
export async function count(command: Command, engine: Engine): Promise<Reply> {
  const { namespace } = namespaceOf(command);
  const work = countMatches(engine, engine.catalog.find(namespace), {
    filter: documentOption(command.fields, 'query'),
    hint: command.fields.get('hint'),
    skip: numberOption(command.fields, 'skip', 0),
    limit: numberOption(command.fields, 'limit', 0),
  });
  return { n: await runReading(work) };
}

/** `{distinct, key, query, hint}`. */
export async function distinct(command: Command, engine: Engine): Promise<Reply> {
  const { db, collection: name, namespace } = namespaceOf(command);
  checkNamespace(db, name);
  const key = command.fields.get('key');
  if (key?.type !== BsonType.string)
    throw new CommandError('TypeMismatch', "BSON field 'distinct.key' is the wrong type, expected type 'string'");
  const path = parsePath(stringOf(key));
  const stream = findStream(engine, command, {
    collection: engine.catalog.find(namespace),
    filterName: 'query',
    limit: 0,
  });
  const values = new Map<string, Value>();
  let bytes = 0;
  await runReading(
    readAll(stream, ({ document }) => {
      for (const value of keyValuesAt(document, path).values) {
        if (value === undefined || value.type === BsonType.undefined) continue;
        const encoded = encodeValue(value).toString('latin1');
        if (values.has(encoded)) continue;
        bytes += value.end - value.start + 16;
        if (bytes > maxBatchBytes) throw new CommandError('BSONObjectTooLarge', 'distinct too big, 16mb cap');
        values.set(
          encoded,
          new Value(value.type, Buffer.from(value.bytes.subarray(value.start, value.end)), 0, value.end - value.start),
        );
      }
      return true;
    }),
  );
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
  return { values: sorted };
}

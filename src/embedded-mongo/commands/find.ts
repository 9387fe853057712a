// find, getMore, killCursors, count and distinct. Reading itself is in planner.ts and stream.ts.
import { BsonType, type Value } from '../bson-raw.js';
import { RawArray, toValue } from '../bson-write.js';
import type { Collection } from '../catalog.js';
import { type Command, documentOption, flagOption, namespaceOf, numberOption, type Reply } from '../command.js';
import { type Batch, type BatchSource, maxBatchBytes } from '../cursor.js';
import type { Engine } from '../engine.js';
import { CommandError, failedToParse, typeMismatch } from '../errors.js';
import { hintOf } from '../index-spec.js';
import { encodeValue } from '../key-encoding.js';
import { compileFilter } from '../match.js';
import { keyValuesAt, parsePath } from '../path.js';
import { plan } from '../planner.js';
import { compileProjection, type Projection } from '../projection.js';
import { sessionIdOf } from '../sessions.js';
import { compileSort } from '../sort.js';
import { openStream, readAll, type Steps, type Stream } from '../stream.js';
import { runReading, type Work } from '../work.js';

/** The size of a first batch if the client does not say. */
const defaultBatchSize = 101;

/** A batch source over a stream. */
export function sourceOfStream(
  stream: Stream,
  wish: { skip?: number; limit?: number; project?: Projection | undefined },
): BatchSource {
  const { project } = wish;
  let skip = wish.skip ?? 0;
  let left = wish.limit || Number.POSITIVE_INFINITY;
  let held: Buffer | undefined;

  function* fill(size: number): Work<Batch> {
    const documents = held ? [held] : [];
    let bytes = held?.length ?? 0;
    held = undefined;
    while (left > 0 && documents.length < size) {
      const { done, value: match } = stream.steps.next();
      if (done) left = 0;
      else if (match && skip > 0) skip -= 1;
      else if (match) {
        left -= 1;
        const document = project ? project(match.document) : match.document;
        bytes += document.length;
        if (bytes > maxBatchBytes && documents.length > 0) {
          held = document;
          break;
        }
        documents.push(document);
      }
      if ((!match || documents.length % 64 === 0) && (yield)) stream.pause();
    }
    return { documents, isLast: left <= 0 && held === undefined };
  }

  return {
    nextBatch: (size) => runReading(fill(size)).finally(() => stream.pause()),
    close: () => stream.pause(),
  };
}

/** A stream of documents that are already there. */
function streamOf(documents: readonly Buffer[]): Stream {
  function* steps(): Steps {
    for (const document of documents) yield { recordKey: document, document };
  }
  return { steps: steps(), pause: () => undefined };
}

/** A batch source over documents that are already there. */
export const sourceOfDocuments = (documents: readonly Buffer[]): BatchSource => sourceOfStream(streamOf(documents), {});

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

/** What is asked of a collection. */
export interface Wish {
  readonly filter: Value;
  readonly sort?: Value | undefined;
  readonly hint: Value | undefined;
  readonly limit?: number;
  /** false: the documents themselves are not needed */
  readonly needsDocuments?: boolean;
}

/** The documents that are asked for, in the order asked for. */
export function read(engine: Engine, collection: Collection | undefined, wish: Wish): Stream {
  const filter = compileFilter(wish.filter);
  const sort = compileSort(wish.sort);
  if (!collection) return streamOf([]);
  const chosen = plan(collection, filter, { sort, hint: hintOf(wish.hint, collection) });
  return openStream(engine.storage, collection, { ...wish, plan: chosen, sort });
}

/** `{find, filter, projection, sort, skip, limit, batchSize, singleBatch, hint}`. */
export function find(command: Command, engine: Engine): Promise<Reply> {
  const { fields } = command;
  const { namespace } = namespaceOf(command);
  const project = compileProjection(fields.get('projection'));
  const skip = numberOption(fields, 'skip', 0);
  const rawLimit = fields.get('limit');
  const isNegative = rawLimit !== undefined && rawLimit.number() < 0;
  const limit = isNegative ? -rawLimit.number() : numberOption(fields, 'limit', 0);
  const stream = read(engine, engine.catalog.find(namespace), {
    filter: documentOption(fields, 'filter'),
    sort: fields.get('sort'),
    hint: fields.get('hint'),
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
    throw failedToParse('getMore needs a cursor id and a collection');
  const cursorId = id.integer();
  const namespace = `${command.db}.${collection.text()}`;
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
  if (cursors?.type !== BsonType.array) throw failedToParse('killCursors needs an array of cursors');
  const killed: bigint[] = [];
  const missing: bigint[] = [];
  for (const value of cursors.elements()) {
    const id = value.integer();
    (engine.cursors.kill(id) ? killed : missing).push(id);
  }
  return { cursorsKilled: killed, cursorsNotFound: missing, cursorsAlive: [], cursorsUnknown: [] };
}

/** Counts the documents of a filter, from an index alone where that is enough. */
export function* countMatches(
  engine: Engine,
  collection: Collection | undefined,
  { filter, hint, skip, limit }: Wish & { skip: number; limit: number },
): Work<number> {
  const most = limit || Number.POSITIVE_INFINITY;
  let count = 0;
  if (collection && filter.fields().length === 0) count = collection.documentCount;
  else
    yield* readAll(read(engine, collection, { filter, hint, needsDocuments: false }), () => {
      count += 1;
      return count < most + skip;
    });
  return Math.min(Math.max(0, count - skip), most);
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
  const { namespace } = namespaceOf(command);
  const key = command.fields.get('key');
  if (key?.type !== BsonType.string)
    throw typeMismatch("BSON field 'distinct.key' is the wrong type, expected type 'string'");
  const path = parsePath(key.text());
  const stream = read(engine, engine.catalog.find(namespace), {
    filter: documentOption(command.fields, 'query'),
    hint: command.fields.get('hint'),
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
        // a copy, so that the document is not kept for it
        values.set(encoded, toValue(value));
      }
      return true;
    }),
  );
  const sorted = [...values].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, value]) => value);
  return { values: sorted };
}

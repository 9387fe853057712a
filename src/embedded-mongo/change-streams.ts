// Change streams: a cursor on the oplog that waits for what is not there yet. What events look like is in change-events.ts.
import { BsonType, type Value } from './bson-raw.js';
import { eventsOf, isWatched, type LookUp, parseResumeToken, resumeToken, type Watched } from './change-events.js';
import { type Batch, type BatchSource, maxBatchBytes } from './cursor.js';
import type { Engine } from './engine.js';
import { badValue, CommandError, notSupported, typeMismatch } from './errors.js';
import { idOf } from './key-encoding.js';
import { fromTimestamp, type LoggedOperation } from './oplog.js';
import { compilePipeline, type EventPipeline } from './pipeline.js';
import { recordKeyOf } from './records.js';

/** How long one look into the log may take before others get their turn, in operations. */
const operationsPerStep = 500;

/** Opens a change stream for a `$changeStream` stage and the stages behind it. Throws `ChangeStreamHistoryLost` and others. */
export function openChangeStream(
  engine: Engine,
  watched: Watched,
  stages: { options: Value; rest: readonly Value[] },
): BatchSource {
  const options = new Map(stages.options.fields());
  const { position, isStartingAfterInvalidate } = startOf(engine, options);
  checkHistory(engine, position);
  const lookUp = fullDocumentMode(engine, options);
  const pipeline = compilePipeline(stages.rest);
  const skipInvalidateAt = isStartingAfterInvalidate ? position : 0n;
  return new ChangeStream(engine, { watched, lookUp, pipeline, skipInvalidateAt }, position);
}

const knownOptions =
  'resumeAfter startAfter startAtOperationTime fullDocument fullDocumentBeforeChange allChangesForCluster showExpandedEvents'.split(
    ' ',
  );

function startOf(
  engine: Engine,
  options: ReadonlyMap<string, Value>,
): { position: bigint; isStartingAfterInvalidate: boolean } {
  for (const name of options.keys()) {
    if (!knownOptions.includes(name))
      throw new CommandError('Location40415', `BSON field '$changeStream.${name}' is an unknown field.`);
  }
  for (const name of ['allChangesForCluster', 'showExpandedEvents']) {
    const value = options.get(name);
    if (value && value.bytes[value.start] === 1) throw notSupported(`The change stream option ${name}`);
  }
  const resume = options.get('resumeAfter');
  const after = options.get('startAfter');
  const time = options.get('startAtOperationTime');
  if ([resume, after, time].filter((value) => value !== undefined).length > 1)
    throw badValue('Only one type of resume option is allowed, but multiple were found.');
  const token = resume ?? after;
  if (token) {
    const { at, isInvalidate } = parseResumeToken(token);
    if (resume && isInvalidate)
      throw new CommandError('InvalidResumeToken', 'resumeAfter may not name an invalidate event');
    return { position: at, isStartingAfterInvalidate: isInvalidate };
  }
  if (time) {
    const at = fromTimestamp(time);
    if (at === undefined) throw typeMismatch('startAtOperationTime must be a timestamp');
    return { position: at - 1n, isStartingAfterInvalidate: false };
  }
  return { position: engine.oplog.durable, isStartingAfterInvalidate: false };
}

function checkHistory(engine: Engine, position: bigint): void {
  if (position < engine.oplog.forgotten)
    throw new CommandError(
      'ChangeStreamHistoryLost',
      'Resume of change stream was not possible, as the resume point may no longer be in the oplog.',
    );
}

function fullDocumentMode(engine: Engine, options: ReadonlyMap<string, Value>): LookUp | undefined {
  const before = options.get('fullDocumentBeforeChange');
  if (before && before.text() !== 'off') throw notSupported('The change stream option fullDocumentBeforeChange');
  const mode = options.get('fullDocument');
  const name = mode?.type === BsonType.string ? mode.text() : 'default';
  if (name === 'default') return undefined;
  if (name !== 'updateLookup') throw notSupported(`The change stream option fullDocument: '${name}'`);
  return (namespace, documentKey) => {
    const collection = engine.catalog.find(namespace);
    const id = idOf(documentKey);
    return (collection && id && engine.records.get(collection, recordKeyOf(id))) ?? null;
  };
}

/** What a stream tells. */
interface Telling {
  readonly watched: Watched;
  readonly lookUp: LookUp | undefined;
  readonly pipeline: EventPipeline;
  /** 0 if nothing is skipped */
  readonly skipInvalidateAt: bigint;
}

class ChangeStream implements BatchSource {
  private readonly engine: Engine;
  private readonly telling: Telling;
  private position: bigint;
  private isInvalidated = false;
  private isClosed = false;
  private stopWaiting: (() => void) | undefined;
  private readonly isWanted = (namespace: string) => isWatched(this.telling.watched, namespace);

  constructor(engine: Engine, telling: Telling, position: bigint) {
    this.engine = engine;
    this.telling = telling;
    this.position = position;
  }

  async nextBatch(size: number, maxWaitMs: number): Promise<Batch> {
    const deadline = performance.now() + maxWaitMs;
    for (;;) {
      checkHistory(this.engine, this.position);
      const documents = this.readSome(size);
      const isFinished = this.isInvalidated || this.isClosed;
      const hasMore = this.position < this.engine.oplog.durable;
      const left = deadline - performance.now();
      if (documents.length > 0 || isFinished || (!hasMore && left <= 0)) {
        return { documents, isLast: isFinished, resumeToken: this.token(documents) };
      }
      if (hasMore) await new Promise<void>((resolve) => setImmediate(resolve));
      else await this.waitForMore(left);
    }
  }

  private token(documents: readonly Buffer[]): Buffer {
    const last = documents.at(-1);
    if (this.isInvalidated && last) {
      const id = idOf(last);
      if (id) return Buffer.from(id.raw());
    }
    return resumeToken(this.position);
  }

  private readSome(size: number): Buffer[] {
    const documents: Buffer[] = [];
    let bytes = 0;
    let looked = 0;
    const goal = this.engine.oplog.durable;
    for (const operation of this.engine.oplog.read(this.position, this.isWanted)) {
      if (documents.length >= size || bytes > maxBatchBytes / 2 || looked >= operationsPerStep) return documents;
      looked += 1;
      for (const document of this.eventsFor(operation)) {
        documents.push(document);
        bytes += document.length;
      }
      this.position = operation.at;
      if (this.isInvalidated) return documents;
    }
    if (this.position < goal) this.position = goal;
    return documents;
  }

  private *eventsFor(operation: LoggedOperation): Generator<Buffer> {
    const { watched, lookUp, pipeline, skipInvalidateAt } = this.telling;
    for (const event of eventsOf(operation, watched, lookUp)) {
      if (event.isInvalidate) {
        if (event.at === skipInvalidateAt) continue;
        this.isInvalidated = true;
        yield event.document;
        continue;
      }
      const shown = pipeline(event.document);
      if (shown) yield shown;
    }
  }

  private waitForMore(maxWaitMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        stop();
        this.stopWaiting = undefined;
        resolve();
      };
      const timer = setTimeout(done, maxWaitMs);
      const pass = (at: bigint) => {
        if (at > this.position) this.position = at;
      };
      const stop = this.engine.oplog.wait({ isWanted: this.isWanted, wake: done, pass });
      this.stopWaiting = done;
    });
  }

  close(): void {
    this.isClosed = true;
    this.stopWaiting?.();
  }
}

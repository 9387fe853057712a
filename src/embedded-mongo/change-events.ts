// Change stream events from oplog operations, and resume tokens. Waiting for them is in change-streams.ts.
import { BsonType, findField, type Value } from './bson-raw.js';
import { timestampValue, writeDocument } from './bson-write.js';
import { CommandError } from './errors.js';
import type { LoggedOperation } from './oplog.js';
import { documentKeyOf } from './records.js';

/** A position in the log as clients keep it: `{_data: <hex>}`. */
export function resumeToken(at: bigint, isInvalidate = false): Buffer {
  return writeDocument({ _data: `82${at.toString(16).padStart(16, '0')}${isInvalidate ? '01' : '00'}` });
}

/** The position of a token. Throws `InvalidResumeToken`. */
export function parseResumeToken(token: Value): { at: bigint; isInvalidate: boolean } {
  const data = token.type === BsonType.object ? findField(token.bytes, token.start, Buffer.from('_data')) : undefined;
  const match = data?.type === BsonType.string ? /^82([0-9a-f]{16})(0[01])$/.exec(data.text()) : null;
  if (!match) throw new CommandError('InvalidResumeToken', 'the resume token is not one of this store');
  return { at: BigInt(`0x${match[1]}`), isInvalidate: match[2] === '01' };
}

/** What a stream watches. */
export interface Watched {
  readonly db: string;
  /** undefined: the whole database */
  readonly collection: string | undefined;
}

/** True if operations in this namespace may mean something for a stream. */
export function isWatched({ db, collection }: Watched, namespace: string): boolean {
  if (collection === undefined) return namespace.startsWith(`${db}.`);
  return namespace === `${db}.${collection}` || namespace === `${db}.$cmd`;
}

/** An event as a document, and whether it ends the stream. */
export interface ChangeEvent {
  readonly at: bigint;
  readonly document: Buffer;
  readonly isInvalidate: boolean;
}

/** The current document of an update event, for `fullDocument: 'updateLookup'`; null if it is gone. */
export type LookUp = (namespace: string, documentKey: Buffer) => Buffer | null;

/** The events that an operation means for a stream: none, one, or a drop followed by its invalidate. */
export function eventsOf(operation: LoggedOperation, watched: Watched, lookUp: LookUp | undefined): ChangeEvent[] {
  if (!isWatched(watched, operation.namespace)) return [];
  if (operation.kind === 'command') return commandEvents(operation, watched);
  const { db } = watched;
  const coll = operation.namespace.slice(db.length + 1);
  const documentKey = documentKeyOf(operation.document);
  const isWhole = operation.kind === 'insert' || operation.kind === 'replace';
  const fullDocument = isWhole
    ? operation.document
    : operation.kind === 'update'
      ? lookUp?.(operation.namespace, documentKey)
      : undefined;
  const document = writeDocument({
    ...head(operation, operation.kind),
    fullDocument,
    ns: { db, coll },
    documentKey,
    updateDescription: operation.change,
  });
  return [{ at: operation.at, document, isInvalidate: false }];
}

function head(operation: LoggedOperation, operationType: string, isInvalidate = false): object {
  return {
    _id: resumeToken(operation.at, isInvalidate),
    operationType,
    clusterTime: timestampValue(operation.at),
    wallTime: new Date(operation.wallTimeMs),
  };
}

function commandEvents(operation: LoggedOperation, watched: Watched): ChangeEvent[] {
  const { db } = watched;
  const text = (name: string) => {
    const value = findField(operation.document, 0, Buffer.from(name));
    return value?.type === BsonType.string ? value.text() : undefined;
  };
  const dropped = text('drop');
  const isDatabase = findField(operation.document, 0, Buffer.from('dropDatabase')) !== undefined;
  const event = (operationType: string, fields: object): ChangeEvent => ({
    at: operation.at,
    document: writeDocument({ ...head(operation, operationType, operationType === 'invalidate'), ...fields }),
    isInvalidate: operationType === 'invalidate',
  });
  if (dropped !== undefined && (watched.collection === undefined || watched.collection === dropped)) {
    const drop = event('drop', { ns: { db, coll: dropped } });
    return watched.collection === undefined ? [drop] : [drop, event('invalidate', {})];
  }
  if (isDatabase && watched.collection === undefined)
    return [event('dropDatabase', { ns: { db } }), event('invalidate', {})];
  return [];
}

// Watches collections, of the gateway's own database or of another: one change at a time, in their order.
import { calculateObjectSize, EJSON } from 'bson';
import {
  type ChangeStreamDocument,
  type ChangeStreamOptions,
  type Db,
  MongoClient,
  MongoServerError,
  type ResumeToken,
  Timestamp,
} from 'mongodb';
import type { Connection } from 'mongoose';
import { Problem } from '../problem.js';

/** Which collection. */
export interface WatchedPlace {
  /** Null for the gateway's own database. */
  readonly uri: string | null;
  readonly database: string | null;
  readonly collection: string;
}

/** A change as JSON: what JSON has no word for is as MongoDB's relaxed extended JSON has it. */
export interface Change {
  readonly operation: string;
  readonly documentKey: unknown;
  /** As it is, or was when it was looked up; null when it is gone. */
  readonly document: unknown;
  /** What changed, for an update; else null. */
  readonly update: unknown;
  readonly at: string | null;
  /** Text by which this change is known. */
  readonly key: string;
  /** Where to go on behind it. */
  readonly token: unknown;
  /** How large it is. */
  readonly bytes: number;
}

/** What to watch. */
export interface Watch {
  readonly place: WatchedPlace;
  readonly pipeline: readonly object[];
  /** Token to go on behind; null when there is none. */
  readonly resumeAfter: unknown;
  /** Without a token, when to begin, to the second; null for now. */
  readonly startAt: Date | null;
  readonly signal: AbortSignal;
  /** The next change is read when this has resolved. */
  readonly changed: (change: Change) => Promise<void>;
  /** Nothing came until here. */
  readonly passed: (token: unknown) => void;
}

/** Watches until the signal. Throws `CURSOR_EXPIRED` when the history behind the token is gone, and what the driver throws. */
export type WatchChanges = (watch: Watch) => Promise<void>;

/** `ChangeStreamHistoryLost`, `ChangeStreamFatalError` and `InvalidResumeToken`. */
const goneCodes: readonly unknown[] = [286, 280, 260];
const connectWithinMs = 10_000;

/** Watching with connections of its own to other databases. */
export function createWatchChanges(connection: Connection): WatchChanges {
  return async (watch) => {
    const { uri, database } = watch.place;
    if (uri === null) return follow(connection.getClient().db(connection.name) as unknown as Db, watch);
    const client = new MongoClient(uri, { serverSelectionTimeoutMS: connectWithinMs, maxPoolSize: 2 });
    try {
      await follow(client.db(database ?? undefined), watch);
    } finally {
      await client.close();
    }
  };
}

async function follow(db: Db, watch: Watch): Promise<void> {
  const { place, pipeline, signal, changed, passed } = watch;
  const stream = db.collection(place.collection).watch([...pipeline], {
    fullDocument: 'updateLookup',
    maxAwaitTimeMS: 1000,
    ...beginningOf(watch),
  });
  const end = (): void => void stream.close().catch(() => undefined);
  signal.addEventListener('abort', end);
  try {
    while (!signal.aborted) {
      const change = await stream.tryNext();
      if (change !== null) await changed(toChange(change));
      else if (stream.resumeToken != null) passed(stream.resumeToken);
    }
  } catch (error) {
    if (error instanceof MongoServerError && goneCodes.includes(error.code)) {
      const message =
        'the database no longer has the changes since the last one that was published; it goes on from now';
      throw new Problem('CURSOR_EXPIRED', message, { field: 'configuration.changeStream', cause: error });
    }
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', end);
    await stream.close().catch(() => undefined);
  }
}

function beginningOf({ resumeAfter, startAt }: Watch): ChangeStreamOptions {
  if (resumeAfter !== null) return { resumeAfter: resumeAfter as ResumeToken };
  if (startAt === null) return {};
  return { startAtOperationTime: new Timestamp({ t: Math.floor(startAt.getTime() / 1000), i: 1 }) };
}

function toChange(change: ChangeStreamDocument): Change {
  const { documentKey, fullDocument, updateDescription, wallTime } = change as {
    documentKey?: unknown;
    fullDocument?: unknown;
    updateDescription?: unknown;
    wallTime?: Date;
  };
  const toJson = (value: unknown): unknown =>
    value == null ? null : (EJSON.serialize(value as never, { relaxed: true }) as unknown);
  return {
    operation: change.operationType,
    documentKey: toJson(documentKey),
    document: toJson(fullDocument),
    update: toJson(updateDescription),
    at: wallTime?.toISOString() ?? null,
    key: EJSON.stringify(change._id, { relaxed: false }),
    token: change._id,
    bytes: calculateObjectSize(change),
  };
}

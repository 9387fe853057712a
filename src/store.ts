// Opens the database and says whether it is fit: a replica set that answers. Collections belong to the rooms' stores.
import { type ChangeStreamDocument, type Document, MongoBulkWriteError, Timestamp, type WriteError } from 'mongodb';
import mongoose, { type Connection } from 'mongoose';
import { systemClock } from './clock.js';
import { Problem } from './problem.js';

/** A majority of the replica set has it on disk. */
export const durable = { w: 'majority', j: true } as const;

/** Milliseconds after which a database that does not answer is a problem. */
const answerWithinMs = 10_000;

/** An open database. */
export interface Store {
  readonly connection: Connection;
  /** Identifies the log over restarts and nodes: 8 hex digits, made once for each database. */
  readonly logId: string;
  /** A text that the database keeps under a name; made when there is none, the same for all nodes. */
  readOrMake(name: string, make: () => string): Promise<string>;
  /** Resolves when the database has written something durably; rejects when it cannot. Writes at most once a second. */
  checkWritable(): Promise<void>;
  /** The database's time; null when it tells none. */
  time(): Promise<Date | null>;
  close(): Promise<void>;
}

/**
 * Connects to a replica set and makes sure that it is one.
 * Throws `Problem` `STORE_UNAVAILABLE` with one line that says what is wrong with the address or the server.
 */
export async function openStore(uri: string, newLogId: () => string): Promise<Store> {
  const connection = await connect(uri);
  try {
    await checkReplicaSet(connection);
    return {
      connection,
      logId: await readOrMake(connection, 'log', newLogId),
      readOrMake: (name, make) => readOrMake(connection, name, make),
      checkWritable: createWriteCheck(connection),
      async time() {
        const { localTime } = (await connection.db?.command({ hello: 1 })) ?? {};
        return localTime instanceof Date ? localTime : null;
      },
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function connect(uri: string): Promise<Connection> {
  try {
    return await mongoose
      .createConnection(uri, {
        dbName: databaseName(uri),
        autoIndex: false,
        autoCreate: false,
        serverSelectionTimeoutMS: answerWithinMs,
        maxPoolSize: 16,
        writeConcern: durable,
        readConcern: { level: 'majority' },
        ignoreUndefined: true,
      })
      .asPromise();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem('STORE_UNAVAILABLE', `cannot reach the database at ${withoutCredentials(uri)}: ${reason}`, {
      cause: error,
    });
  }
}

function databaseName(uri: string): string {
  return /^mongodb(?:\+srv)?:\/\/[^/]+\/([^?]+)/.exec(uri)?.[1] ?? 'carillon';
}

function withoutCredentials(uri: string): string {
  return uri.replace(/\/\/[^@/]*@/, '//***@');
}

async function checkReplicaSet(connection: Connection): Promise<void> {
  const hello = await connection.db?.admin().command({ hello: 1 });
  if (hello?.['setName'] === undefined && hello?.['msg'] !== 'isdbgrid') {
    throw new Problem(
      'STORE_UNAVAILABLE',
      'the database is a standalone server; change streams and durable writes need a replica set (one node is enough: --replSet, then rs.initiate())',
    );
  }
}

const writeCheckForMs = 1000;

function createWriteCheck(connection: Connection): () => Promise<void> {
  const meta = connection.collection<{ _id: string; checkedAt: Date }>('meta');
  let checkedMs = Number.NEGATIVE_INFINITY;
  let checking: Promise<void> = Promise.resolve();
  return () => {
    const nowMs = systemClock.monotonicMs();
    if (nowMs - checkedMs < writeCheckForMs) return checking;
    checkedMs = nowMs;
    const $set = { checkedAt: systemClock.now() };
    checking = meta
      .updateOne({ _id: 'health' }, { $set }, { upsert: true, writeConcern: durable })
      .then(() => undefined);
    return checking;
  };
}

async function readOrMake(connection: Connection, name: string, make: () => string): Promise<string> {
  const meta = connection.collection<{ _id: string; value: string }>('meta');
  const made = await meta.findOneAndUpdate(
    { _id: name },
    { $setOnInsert: { value: make() } },
    { upsert: true, returnDocument: 'after' },
  );
  if (made === null) throw new Problem('STORE_UNAVAILABLE', `the database did not keep its ${name}`);
  return made.value;
}

/** What to follow of a collection. */
export interface FollowChanges<T extends Document> {
  readonly collection: string;
  /** Stages that changes pass. */
  readonly pipeline?: readonly Document[];
  /** True to have each changed document as it is when the change is read. */
  readonly looksUp?: boolean;
  /** Called once no change that is committed later can be missed; what is told waits until it has resolved. */
  readonly ready: () => Promise<void> | void;
  readonly tell: (change: ChangeStreamDocument<T>) => void;
  /** Ends it without an error. */
  readonly signal: AbortSignal;
}

/** Follows a collection until the signal; rejects when the stream is lost, or when `ready` or `tell` throws. */
export async function followChanges<T extends Document>(
  connection: Connection,
  options: FollowChanges<T>,
): Promise<void> {
  const { collection, pipeline = [], looksUp = false, ready, tell, signal } = options;
  const startAtOperationTime = await operationTime(connection);
  if (signal.aborted) return;
  const stream = connection.collection(collection).watch<T, ChangeStreamDocument<T>>([...pipeline], {
    startAtOperationTime,
    maxAwaitTimeMS: 1000,
    ...(looksUp ? { fullDocument: 'updateLookup' } : {}),
  });
  const close = (): void => void stream.close();
  signal.addEventListener('abort', close);
  try {
    await ready();
    for await (const change of stream) tell(change);
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener('abort', close);
    await stream.close();
  }
}

/** The database's time now: a change stream that starts at it misses nothing that is committed later. */
async function operationTime(connection: Connection): Promise<Timestamp> {
  const { operationTime: now } = (await connection.db?.command({ ping: 1 })) ?? {};
  if (now instanceof Timestamp) return now;
  throw new Problem('STORE_UNAVAILABLE', 'the database does not tell its time, which change streams need');
}

/** True for MongoDB's duplicate key error, whether of one write or of a bulk. */
export function isDuplicateKey(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 11_000;
}

/**
 * The writes of a bulk that failed because of a duplicate key, if that is all that went wrong: everything else is durable.
 * Null for any other error, also for a bulk whose other writes failed or are not confirmed by a majority.
 */
export function duplicatesOf(error: unknown): readonly WriteError[] | null {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError() !== undefined) return null;
  const failed = Array.isArray(error.writeErrors) ? error.writeErrors : [error.writeErrors];
  return failed.length > 0 && failed.every(({ code }) => code === 11_000) ? failed : null;
}

/** True for the driver's errors that say that no fit server answers, or that the connection broke. */
export function isUnreachable(error: unknown): boolean {
  return (
    error instanceof Error && /^Mongo(?:ServerSelection|Network|NotConnected|PoolCleared|Topology)/.test(error.name)
  );
}

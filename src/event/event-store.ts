// Events in MongoDB: single writes and reads of the collections `events` and `heldevents`. The order of the log and its promises are
// event-log.ts. Uses the driver below mongoose, since every published event passes here.
import type { ChangeStreamDocument, Collection, Filter } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import { duplicatesOf, durable, followChanges } from '../store.js';
import { createEvent, type Event, type NewEvent } from './event.js';

interface EventDocument {
  _id: string;
  sequence: number;
  type: string;
  typeVersion: number;
  source: string;
  subject: string | null;
  time: Date;
  dataJson: string;
  application: string | null;
  only: string | null;
  orderingKey?: string;
  deliverAt?: Date;
  publishedAt: Date;
  idempotencyKey?: string;
  contentHash?: string;
}

const schema = new Schema<EventDocument>(
  {
    _id: { type: String, required: true },
    sequence: { type: Number, required: true },
    type: { type: String, required: true },
    typeVersion: { type: Number, required: true },
    source: { type: String, required: true },
    subject: String,
    time: { type: Date, required: true },
    dataJson: { type: String, required: true },
    application: String,
    only: String,
    orderingKey: String,
    deliverAt: Date,
    publishedAt: { type: Date, required: true },
    idempotencyKey: String,
    contentHash: String,
  },
  { versionKey: false },
)
  .index({ sequence: 1 }, { unique: true })
  .index({ type: 1, sequence: 1 })
  .index({ idempotencyKey: 1 }, { unique: true, partialFilterExpression: { idempotencyKey: { $exists: true } } });

/** Why an ordered insert stopped. */
export interface InsertStop {
  /** How many were inserted before it. */
  readonly inserted: number;
  /** Which unique key of the next one is taken. */
  readonly taken: 'sequence' | 'id' | 'idempotencyKey';
}

/** An event as it was found, with the hash of what its publisher said. */
export interface FoundEvent {
  readonly event: Event;
  readonly contentHash: string | null;
}

/** Which events to read. */
export interface EventRange {
  /** Sequences greater than this. */
  readonly after?: number;
  /** Sequences less than this. */
  readonly before?: number;
  /** Of this type only. */
  readonly type?: string;
  /** Latest first. */
  readonly descending?: boolean;
  readonly limit: number;
}

/** Where events are kept. */
export interface EventStore {
  /** Inserts in order with sequences from `firstSequence`; null when all are durable. Other errors are thrown. */
  insert(events: readonly NewEvent[], firstSequence: number): Promise<InsertStop | null>;
  find(key: { readonly id: string } | { readonly idempotencyKey: string }): Promise<FoundEvent | null>;
  /** Those of the log and those that are held. */
  findMany(ids: readonly string[]): Promise<Event[]>;
  /** In the order of sequences. */
  read(range: EventRange): Promise<Event[]>;
  /**
   * Deletes up to `limit` events with sequences below `sequence`; answers how many. Those with a `deliverAt` after
   * `heldSince` leave the log too, but are held for their deliveries: `findMany` finds them all the same.
   */
  deleteBelow(sequence: number, limit: number, heldSince: Date): Promise<number>;
  /** Deletes up to `limit` held events with a `deliverAt` until an instant; answers how many. */
  deleteHeld(deliverAtUntil: Date, limit: number): Promise<number>;
  /** Tells the sequence of each event that anybody appends, from `ready` on until `signal`; rejects when the stream is lost. */
  watch(tell: (sequence: number) => void, ready: () => void, signal: AbortSignal): Promise<void>;
  createIndexes(): Promise<void>;
}

/** Most held events copied at once. */
const holdBatch = 20;

/** Events in the collection `events`; those that are held after they left the log in `heldevents`. */
export function createEventStore(connection: Connection): EventStore {
  const model = connection.model('Event', schema, 'events');
  const events = model.collection as unknown as Collection<EventDocument>;
  const held = connection.collection('heldevents') as unknown as Collection<EventDocument>;

  /** Copies events to where they are held; copying again does no harm. */
  async function hold(ids: readonly string[]): Promise<void> {
    for (let from = 0; from < ids.length; from += holdBatch) {
      const some = await events.find({ _id: { $in: ids.slice(from, from + holdBatch) } }).toArray();
      const copies = some.map(({ _id, ...replacement }) => ({
        replaceOne: { filter: { _id }, replacement, upsert: true },
      }));
      if (copies.length > 0) await held.bulkWrite(copies, { ordered: false, writeConcern: durable });
    }
  }

  async function find(filter: Filter<EventDocument>): Promise<FoundEvent | null> {
    const found = await events.findOne(filter);
    return found === null ? null : { event: toEvent(found), contentHash: found.contentHash ?? null };
  }

  return {
    async insert(items, firstSequence) {
      const documents = items.map((item, index) => toDocument(item, firstSequence + index));
      try {
        await events.insertMany(documents, { ordered: true, writeConcern: durable });
        return null;
      } catch (error) {
        return readInsertStop(error);
      }
    },
    find: (key) => find('id' in key ? { _id: key.id } : { idempotencyKey: key.idempotencyKey }),
    async findMany(ids) {
      const found = await events.find({ _id: { $in: [...ids] } }).toArray();
      const isFound = new Set(found.map(({ _id }) => _id));
      const missing = ids.filter((id) => !isFound.has(id));
      if (missing.length > 0) found.push(...(await held.find({ _id: { $in: missing } }).toArray()));
      return found.map(toEvent);
    },
    async read({ after, before, type, descending = false, limit }) {
      const sequence = {
        ...(after === undefined ? {} : { $gt: after }),
        ...(before === undefined ? {} : { $lt: before }),
      };
      const filter: Filter<EventDocument> = { ...(type === undefined ? {} : { type }), sequence };
      if (after === undefined && before === undefined) filter.sequence = { $gt: 0 };
      const found = await events
        .find(filter)
        .sort({ sequence: descending ? -1 : 1 })
        .limit(limit)
        .batchSize(limit)
        .toArray();
      return found.map(toEvent);
    },
    async deleteBelow(sequence, limit, heldSince) {
      const last = await events
        .find({ sequence: { $lt: sequence } }, { projection: { _id: 1, deliverAt: 1 } })
        .sort({ sequence: 1 })
        .limit(limit)
        .toArray();
      // Copied before they are deleted: a crash in between leaves them in both places, and never in none.
      await hold(
        last.filter(({ deliverAt }) => deliverAt !== undefined && deliverAt > heldSince).map(({ _id }) => _id),
      );
      return (await events.deleteMany({ _id: { $in: last.map((found) => found._id) } })).deletedCount;
    },
    async deleteHeld(deliverAtUntil, limit) {
      const some = await held
        .find({ deliverAt: { $lte: deliverAtUntil } }, { projection: { _id: 1 } })
        .sort({ deliverAt: 1 })
        .limit(limit)
        .toArray();
      return (await held.deleteMany({ _id: { $in: some.map((found) => found._id) } })).deletedCount;
    },
    watch: (tell, ready, signal) =>
      followChanges<EventDocument>(connection, {
        collection: 'events',
        pipeline: [
          { $match: { operationType: 'insert' } },
          { $project: { operationType: 1, 'fullDocument.sequence': 1 } },
        ],
        ready,
        tell: (change) => tellChange(change, tell),
        signal,
      }),
    async createIndexes() {
      await Promise.all([model.createIndexes(), held.createIndex({ deliverAt: 1 })]);
    },
  };
}

function tellChange(change: ChangeStreamDocument<EventDocument>, tell: (sequence: number) => void): void {
  if (change.operationType === 'insert') tell(change.fullDocument.sequence);
}

function readInsertStop(error: unknown): InsertStop {
  const [first] = duplicatesOf(error) ?? [];
  if (first === undefined) throw error;
  // The message names the index before the key, which is the publisher's text.
  const index = / index: (\S+) dup key/.exec(first.errmsg ?? '')?.[1] ?? '';
  const taken = index.startsWith('sequence')
    ? 'sequence'
    : index.startsWith('idempotencyKey')
      ? 'idempotencyKey'
      : 'id';
  return { inserted: first.index, taken };
}

/** Field by field: this is done for every event. */
function toDocument(event: NewEvent, sequence: number): EventDocument {
  const document: EventDocument = {
    _id: event.id,
    sequence,
    type: event.type,
    typeVersion: event.typeVersion,
    source: event.source,
    subject: event.subject,
    time: event.time,
    dataJson: event.dataJson,
    application: event.applicationId,
    only: event.onlySubscriptionId,
    publishedAt: event.publishedAt,
  };
  if (event.orderingKey !== null) document.orderingKey = event.orderingKey;
  if (event.deliverAt !== null) document.deliverAt = event.deliverAt;
  if (event.idempotencyKey !== null) document.idempotencyKey = event.idempotencyKey;
  if (event.contentHash !== null) document.contentHash = event.contentHash;
  return document;
}

function toEvent(found: EventDocument): Event {
  const parts = {
    id: found._id,
    type: found.type,
    typeVersion: found.typeVersion,
    source: found.source,
    subject: found.subject,
    time: found.time,
    dataJson: found.dataJson,
    applicationId: found.application,
    onlySubscriptionId: found.only,
    orderingKey: found.orderingKey ?? null,
    deliverAt: found.deliverAt ?? null,
    publishedAt: found.publishedAt,
  };
  return createEvent(parts, found.sequence);
}

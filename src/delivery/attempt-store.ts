// Delivery attempts in MongoDB: written once, those of one moment together, read back by delivery, and searched. How a
// search is bounded is newest-first.ts.
import type { Collection, Document, Filter } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import { idPrefixes, toHexBound } from '../clock.js';
import { commandWithinMs } from '../deadline.js';
import { createGroupCommit } from '../group-commit.js';
import type { Page, PageRequest } from '../paging.js';
import { duplicatesOf, durable, isDuplicateKey } from '../store.js';
import { type AttemptDocument, toAttempt, toDocument } from './attempt-document.js';
import { type AttemptClass, classOf, type Delivery, type DeliveryAttempt } from './delivery.js';
import { findNewestFirst } from './newest-first.js';

const failed = { partialFilterExpression: { failure: { $gt: '' } } };

const schema = new Schema<AttemptDocument>(
  {
    _id: { type: String, required: true },
    event: { type: String, required: true },
    subscription: { type: String, required: true },
    number: { type: Number, required: true },
    delivery: { type: String, required: true },
    eventType: { type: String, required: true },
    application: String,
    startedAt: { type: Date, required: true },
    durationMs: { type: Number, required: true },
    timing: Schema.Types.Mixed,
    url: { type: String, required: true },
    statusCode: Number,
    failure: String,
    error: Schema.Types.Mixed,
    method: String,
    requestBody: String,
    requestBodyTruncated: Boolean,
    requestHeadersJson: String,
    responseHeadersJson: String,
    responseBody: String,
    responseBodyTruncated: Boolean,
  },
  { versionKey: false },
)
  .index({ event: 1, subscription: 1, number: 1 }, { unique: true })
  .index({ subscription: 1, _id: -1 })
  .index({ failure: 1, _id: -1 }, failed)
  .index({ subscription: 1, failure: 1, _id: -1 }, failed);

/** Which attempts to search for; what is null or left out does not matter. */
export interface AttemptFilter {
  readonly applicationId: string | null;
  readonly subscriptionId?: string | null | undefined;
  readonly eventId?: string | null | undefined;
  readonly eventType?: string | null | undefined;
  /** Any of these; not empty. */
  readonly classes?: readonly AttemptClass[] | null | undefined;
  readonly statusCode?: number | null | undefined;
  readonly errorStage?: string | null | undefined;
  readonly errorCode?: string | null | undefined;
  /** Begun at or after this instant, and before that one. */
  readonly from?: Date | null | undefined;
  readonly to?: Date | null | undefined;
}

/** Where attempts are kept. */
export interface AttemptStore {
  /**
   * Writes an attempt and answers its number. It is the one given unless a process died between writing that number
   * and writing its delivery: then it is the next free one.
   */
  insert(attempt: DeliveryAttempt): Promise<number>;
  /** The first `limit` attempts of a delivery, in order. */
  list(delivery: Pick<Delivery, 'eventId' | 'subscriptionId'>, limit: number): Promise<DeliveryAttempt[]>;
  /** Newest first, by when they began. */
  search(request: PageRequest, filter: AttemptFilter): Promise<Page<DeliveryAttempt>>;
  get(id: string): Promise<DeliveryAttempt | null>;
  /** Deletes up to `limit` attempts that began before an instant. */
  deleteBefore(startedBefore: Date, limit: number): Promise<number>;
  createIndexes(): Promise<void>;
}

/** Attempts in the collection `deliveryattempts`. */
export function createAttemptStore(connection: Connection): AttemptStore {
  const model = connection.model('DeliveryAttempt', schema, 'deliveryattempts');
  const attempts = model.collection as unknown as Collection<AttemptDocument>;
  const records = model.collection as unknown as Collection<Document>;
  const write = { writeConcern: durable };

  async function insertWithNextNumber(attempt: DeliveryAttempt): Promise<number> {
    const { eventId: event, subscriptionId: subscription } = attempt;
    for (;;) {
      const [last] = await attempts.find({ event, subscription }).sort({ number: -1 }).limit(1).toArray();
      const number = (last?.number ?? 0) + 1;
      try {
        await attempts.insertOne(toDocument({ ...attempt, number }), write);
        return number;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    }
  }

  const inserts = createGroupCommit<DeliveryAttempt, number>({
    maxItems: 500,
    maxWrites: 2,
    withinMs: commandWithinMs,
    async write(group) {
      try {
        await attempts.insertMany(group.map(toDocument), { ordered: false, ...write });
        return group.map(({ number }) => number);
      } catch (error) {
        if (duplicatesOf(error) === null) throw error;
        const ids = group.map(({ id }) => id);
        const found = await attempts.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
        const inserted = new Set(found.map(({ _id }) => _id));
        return Promise.all(
          group.map(async (attempt) => (inserted.has(attempt.id) ? attempt.number : insertWithNextNumber(attempt))),
        );
      }
    },
  });

  return {
    insert: (attempt) => inserts.add(attempt),
    async list({ eventId: event, subscriptionId: subscription }, limit) {
      const found = await attempts.find({ event, subscription }).sort({ number: 1 }).limit(limit).toArray();
      return found.map(toAttempt);
    },
    async search({ first, after }, filter) {
      const conditions = toConditions(filter);
      if (conditions === null) return { items: [], hasNextPage: false };
      const bounds = [after, filter.to == null ? null : boundOf(filter.to)].filter((bound) => bound !== null);
      const { items, hasNextPage, lookedUntil } = await findNewestFirst<AttemptDocument>(records, {
        ...conditions,
        before: bounds.sort()[0] ?? null,
        from: filter.from == null ? null : boundOf(filter.from),
        first,
      });
      const end = lookedUntil === null ? null : String(lookedUntil);
      return { items: items.map(toAttempt), hasNextPage, lookedUntil: end };
    },
    async get(id) {
      const found = await attempts.findOne({ _id: id });
      return found === null ? null : toAttempt(found);
    },
    async deleteBefore(startedBefore, limit) {
      const found = await attempts
        .find({ _id: { $lt: boundOf(startedBefore) } }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return (await attempts.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } }, write)).deletedCount;
    },
    createIndexes: () => model.createIndexes(),
  };
}

/** Sorts before every attempt that began at or after an instant, and behind every earlier one. */
function boundOf(instant: Date): string {
  return `${idPrefixes.deliveryAttempt}_${toHexBound(instant)}`;
}

/** What an index serves and what it does not; null when nothing can match. */
function toConditions(
  filter: AttemptFilter,
): { readonly indexed: Filter<Document>[]; readonly rest: Filter<Document> | null } | null {
  const { applicationId, subscriptionId, eventId, eventType, statusCode, errorStage, errorCode } = filter;
  const classes = classesOf(filter);
  if (classes?.length === 0) return null;
  const rest = {
    ...(applicationId === null ? {} : { application: applicationId }),
    ...(eventType == null ? {} : { eventType }),
    ...(statusCode == null ? {} : { statusCode }),
    ...(errorStage == null ? {} : { 'error.stage': errorStage }),
    ...(errorCode == null ? {} : { 'error.code': errorCode }),
  };
  const subscription = subscriptionId == null ? {} : { subscription: subscriptionId };
  const failures = classes === null ? null : classes.map((name) => (name === 'S2XX' ? null : name));
  if (eventId != null) {
    const failure = failures === null ? {} : { failure: { $in: failures } };
    return { indexed: [{ event: eventId, ...subscription, ...rest, ...failure }], rest: null };
  }
  if (failures === null || failures.includes(null)) {
    const all = { ...rest, ...(failures === null ? {} : { failure: { $in: failures } }) };
    return { indexed: [subscription], rest: Object.keys(all).length === 0 ? null : all };
  }
  return {
    indexed: failures.map((failure) => ({ ...subscription, failure })),
    rest: Object.keys(rest).length === 0 ? null : rest,
  };
}

/** The classes that all conditions together leave; null when they leave all. */
function classesOf({ classes, statusCode, errorStage, errorCode }: AttemptFilter): readonly AttemptClass[] | null {
  const asked = [
    classes ?? null,
    statusCode == null ? null : [classOf(statusCode)],
    errorStage == null && errorCode == null ? null : (['NO_ANSWER'] as const),
  ].filter((some) => some !== null);
  const [first, ...others] = asked;
  if (first === undefined) return null;
  return first.filter((name) => others.every((some) => some.some((other) => other === name)));
}

// Deliveries in MongoDB. A delivery's record is its job too: it has the fields by which Agenda schedules (`name`,
// `nextRunAt`, `lockedAt`, …), so that there is one write and no second list to keep in step. What the record
// looks like is delivery-document.ts; attempts are attempt-store.ts.
import { type Collection, type Document, ObjectId } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import { toHexBound } from '../clock.js';
import { commandWithinMs } from '../deadline.js';
import type { Event } from '../event/event.js';
import { createGroupCommit } from '../group-commit.js';
import type { Page, PageRequest } from '../paging.js';
import { duplicatesOf, durable } from '../store.js';
import { type Delivery, type DeliveryOutcome, type DeliveryStatus, priorities } from './delivery.js';
import {
  type DeliveryDocument,
  hasWork,
  isDeliveryId,
  isWaitingForTurn,
  ranks,
  toDelivery,
  toDocument,
  toId,
  toKey,
  unfinished,
  unfinishedReplay,
} from './delivery-document.js';
import { type DeliveryFilter, toDeliverySearch } from './delivery-search.js';
import { findNewestFirst } from './newest-first.js';
import { createTurns, fillByTurns } from './turns.js';

const schema = new Schema<DeliveryDocument>(
  {
    _id: { type: Schema.Types.ObjectId, required: true },
    name: { type: String, required: true },
    type: { type: String, required: true },
    priority: { type: Number, required: true },
    nextRunAt: Date,
    lockedAt: Date,
    lockedBy: String,
    event: { type: String, required: true },
    eventType: { type: String, required: true },
    sequence: { type: Number, required: true },
    subscription: { type: String, required: true },
    application: String,
    status: { type: String, required: true },
    attemptCount: { type: Number, required: true },
    scheduleFrom: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    finishedAt: Date,
    keptFor: String,
    orderGroup: String,
    replay: String,
  },
  { versionKey: false },
)
  .index({ event: 1, subscription: 1 }, { unique: true })
  .index({ lockedAt: 1, priority: 1, nextRunAt: 1 }, { partialFilterExpression: hasWork })
  .index({ keptFor: 1 }, { sparse: true })
  .index({ orderGroup: 1, sequence: 1 }, { partialFilterExpression: { orderGroup: { $gt: '' } } })
  .index({ subscription: 1 }, { name: 'unfinishedReplays', partialFilterExpression: unfinishedReplay })
  .index({ subscription: 1, _id: -1 })
  .index({ status: 1, _id: -1 })
  .index({ application: 1, _id: -1 }, { partialFilterExpression: { application: { $gt: '' } } });

/** Who takes a lock, and when. */
export interface Lock {
  readonly by: string;
  readonly at: Date;
}

/** How the first of order groups go. */
export interface Turn {
  readonly at: Date;
  readonly upTo: number;
  readonly lock: Lock | null;
}

/** Whose locks: those of these holders, or of all others. */
export type LockHolders = { readonly only: readonly string[] } | { readonly not: readonly string[] };

/** Where deliveries are kept. */
export interface DeliveryStore {
  /** Inserts deliveries, locked or not; answers those that were not there before. */
  insert(deliveries: readonly Delivery[], lock: Lock | null): Promise<Delivery[]>;
  /** Locks up to `limit` unlocked deliveries that are due until `dueUntil`: of each priority a part, the longest due first. */
  claim(limit: number, dueUntil: Date, lock: Lock): Promise<Delivery[]>;
  /**
   * Where it is the turn of the first of an order group: makes that due at `at` or, with a lock, locks it. Answers those it
   * did this to. A delivery that failed, is kept or is being made holds up its group, and so does one whose sequence is
   * greater than `upTo`.
   */
  claimHeads(orderGroups: readonly string[], turn: Turn): Promise<Delivery[]>;
  /** Takes up to `limit` exhausted deliveries of a webhook subscription out of the order they hold up; answers their order groups. */
  leaveOrder(subscriptionId: string, limit: number): Promise<string[]>;
  /** The first order groups behind `after` in the order of their names, with deliveries that are not through. */
  orderGroups(after: string, limit: number): Promise<string[]>;
  /** Takes away locks taken before `lockedBefore`, of these holders, or of others than these, or of all. */
  breakLocks(lockedBefore: Date, holders?: LockHolders): Promise<number>;
  /** Writes how deliveries locked by `lockedBy` go on, and unlocks them; those of one moment are written together. */
  finish(id: string, lockedBy: string, outcome: DeliveryOutcome): Promise<void>;
  /** Up to `limit` deliveries that a holder has locked before an instant, the longest locked first. */
  lockedBy(holder: string, before: Date, limit: number): Promise<string[]>;
  /** Gives back locked deliveries, each due at its instant; nothing else of them changes. */
  putOff(deliveries: readonly { readonly id: string; readonly until: Date }[], lockedBy: string): Promise<void>;
  /** Gives back locked deliveries as they are: all of these, or those locked before an instant. Answers how many. */
  unlock(ids: readonly string[], lockedBy: string, lockedBefore?: Date): Promise<number>;
  /** Keeps locked deliveries until their webhook subscriptions are served again. */
  park(some: readonly Pick<Delivery, 'id' | 'subscriptionId'>[], lockedBy: string): Promise<void>;
  /** Makes what is kept for a webhook subscription due. */
  unpark(subscriptionId: string, dueAt: Date): Promise<number>;
  /** Locks one delivery that is kept for a webhook subscription, and keeps it no longer; null when there is none. */
  claimKept(subscriptionId: string, lock: Lock): Promise<Delivery | null>;
  /** The webhook subscriptions for which deliveries are kept. */
  keptSubscriptions(): Promise<string[]>;
  /** Cancels what is unfinished for webhook subscriptions. */
  cancel(subscriptionIds: readonly string[], finishedAt: Date): Promise<number>;
  /** Cancels a delivery that is not finished, or that holds up an order group; null for any other. */
  cancelOne(id: string, finishedAt: Date): Promise<Delivery | null>;
  /** Makes a delivery due at once with a new schedule; null when it is locked, cancelled, or not yet its turn. */
  retry(id: string, dueAt: Date): Promise<Delivery | null>;
  get(id: string): Promise<Delivery | null>;
  find(eventId: string, subscriptionId: string): Promise<Delivery | null>;
  /** Newest first. */
  list(request: PageRequest, filter: DeliveryFilter): Promise<Page<Delivery>>;
  /** Deletes up to `limit` finished deliveries created before an instant, but none that holds up an order group. */
  deleteFinished(createdBefore: Date, limit: number): Promise<number>;
  createIndexes(): Promise<void>;
}

const finished: readonly DeliveryStatus[] = ['SUCCEEDED', 'EXHAUSTED', 'CANCELLED'];

interface Finish {
  readonly id: string;
  readonly lockedBy: string;
  readonly outcome: DeliveryOutcome;
}

/** Deliveries in the collection `deliveries`. */
export function createDeliveryStore(connection: Connection): DeliveryStore {
  const model = connection.model('Delivery', schema, 'deliveries');
  const deliveries = model.collection as unknown as Collection<DeliveryDocument>;
  const write = { writeConcern: durable };
  const turns = createTurns();

  const finishes = createGroupCommit<Finish, void>({
    maxItems: 500,
    maxWrites: 2,
    withinMs: commandWithinMs,
    async write(group) {
      const updates = group.map(({ id, lockedBy, outcome }) => {
        const { status, attemptCount, finishedAt, nextAttemptAt: nextRunAt, priority, scheduleFrom } = outcome;
        const $set = {
          status,
          attemptCount,
          finishedAt,
          nextRunAt,
          lockedAt: null,
          lockedBy: null,
          ...(priority === undefined ? {} : { priority: ranks[priority] }),
          ...(scheduleFrom === undefined ? {} : { scheduleFrom }),
        };
        const update = outcome.leavesOrderGroup === true ? { $set, $unset: { orderGroup: 1 as const } } : { $set };
        return { updateOne: { filter: { _id: toKey(id), lockedBy }, update } };
      });
      await deliveries.bulkWrite(updates, { ordered: false, ...write });
      return group.map(() => undefined);
    },
  });

  async function claimHead(orderGroup: string, { at, upTo, lock }: Turn): Promise<Delivery | null> {
    const [head] = await deliveries.find({ orderGroup }).sort({ sequence: 1 }).limit(1).toArray();
    if (head === undefined || head.sequence > upTo || !isWaitingForTurn(head)) return null;
    const found = await deliveries.findOneAndUpdate(
      { _id: head._id, orderGroup, nextRunAt: null, lockedAt: null, status: head.status, keptFor: { $exists: false } },
      { $set: { nextRunAt: at, ...(lock === null ? {} : { lockedAt: lock.at, lockedBy: lock.by }) } },
      { returnDocument: 'after', ...write },
    );
    return found === null ? null : toDelivery(found);
  }

  return {
    async insert(items, lock) {
      const documents = items.map((item) => toDocument(item, lock));
      try {
        await deliveries.insertMany(documents, { ordered: false, ...write });
        return [...items];
      } catch (error) {
        if (duplicatesOf(error) === null) throw error;
        const found = await deliveries
          .find({ _id: { $in: documents.map(({ _id }) => _id) } }, { projection: { _id: 1 } })
          .toArray();
        const inserted = new Set(found.map(({ _id }) => toId(_id)));
        return items.filter(({ id }) => inserted.has(id));
      }
    },
    async claim(limit, dueUntil, lock) {
      const due = { lockedAt: null, nextRunAt: { ...hasWork.nextRunAt, $lte: dueUntil } };
      const found = await Promise.all(
        priorities.map((priority) =>
          deliveries
            .find({ ...due, priority: ranks[priority] }, { projection: { _id: 1 } })
            .sort({ nextRunAt: 1 })
            .limit(limit)
            .toArray(),
        ),
      );
      const [first = [], retries = [], replays = []] = found;
      const candidates = fillByTurns(turns, limit, { FIRST_ATTEMPT: first, RETRY: retries, REPLAY: replays });
      if (candidates.length === 0) return [];
      const ids = { $in: candidates.map(({ _id }) => _id) };
      await deliveries.updateMany({ _id: ids, ...due }, { $set: { lockedAt: lock.at, lockedBy: lock.by } }, write);
      return (await deliveries.find({ _id: ids, lockedBy: lock.by }).toArray()).map(toDelivery);
    },
    async claimHeads(groups, turn) {
      const claimed = await Promise.all(groups.map((group) => claimHead(group, turn)));
      return claimed.filter((one) => one !== null);
    },
    async orderGroups(after, limit) {
      // One look-up for each group, however many deliveries wait in it.
      const groups: string[] = [];
      for (let last = after; groups.length < limit; ) {
        const [next] = await deliveries
          .find({ orderGroup: { $gt: last } }, { projection: { orderGroup: 1 } })
          .sort({ orderGroup: 1, sequence: 1 })
          .limit(1)
          .toArray();
        if (next?.orderGroup === undefined) break;
        last = next.orderGroup;
        groups.push(last);
      }
      return groups;
    },
    async leaveOrder(subscription, limit) {
      // The groups of a webhook subscription are its identifier, alone or with a space and a key behind it.
      const ofGroups = { orderGroup: { $gte: subscription, $lt: `${subscription}!` } };
      const found = await deliveries
        .find({ ...ofGroups, subscription, status: 'EXHAUSTED' }, { projection: { orderGroup: 1 } })
        .limit(limit)
        .toArray();
      const ids = found.map(({ _id }) => _id);
      await deliveries.updateMany({ _id: { $in: ids }, status: 'EXHAUSTED' }, { $unset: { orderGroup: 1 } }, write);
      return found.map(({ orderGroup }) => orderGroup ?? '');
    },
    async breakLocks(lockedBefore, holders) {
      const lockedBy = holders === undefined ? {} : { lockedBy: toCondition(holders) };
      const filter = { lockedAt: { $gt: new Date(0), $lte: lockedBefore }, ...hasWork, ...lockedBy };
      return (await deliveries.updateMany(filter, { $set: { lockedAt: null, lockedBy: null } }, write)).modifiedCount;
    },
    finish: (id, lockedBy, outcome) => finishes.add({ id, lockedBy, outcome }),
    async lockedBy(holder, before, limit) {
      const found = await deliveries
        .find(
          { lockedAt: { $gt: new Date(0), $lte: before }, ...hasWork, lockedBy: holder },
          { projection: { _id: 1 } },
        )
        .sort({ lockedAt: 1 })
        .limit(limit)
        .toArray();
      return found.map(({ _id }) => toId(_id));
    },
    async putOff(items, lockedBy) {
      if (items.length === 0) return;
      const updates = items.map(({ id, until }) => ({
        updateOne: {
          filter: { _id: toKey(id), lockedBy },
          update: { $set: { nextRunAt: until, lockedAt: null, lockedBy: null } },
        },
      }));
      await deliveries.bulkWrite(updates, { ordered: false, ...write });
    },
    async unlock(ids, lockedBy, lockedBefore) {
      const isOld = lockedBefore === undefined ? {} : { lockedAt: { $lte: lockedBefore } };
      const filter = { _id: { $in: ids.map(toKey) }, lockedBy, ...isOld };
      return (await deliveries.updateMany(filter, { $set: { lockedAt: null, lockedBy: null } }, write)).modifiedCount;
    },
    async park(some, lockedBy) {
      if (some.length === 0) return;
      const updates = some.map(({ id, subscriptionId }) => {
        const $set = { nextRunAt: null, lockedAt: null, lockedBy: null, keptFor: subscriptionId };
        return { updateOne: { filter: { _id: toKey(id), lockedBy }, update: { $set } } };
      });
      await deliveries.bulkWrite(updates, { ordered: false, ...write });
    },
    async unpark(keptFor, dueAt) {
      const release = { $set: { nextRunAt: dueAt }, $unset: { keptFor: 1 as const } };
      return (await deliveries.updateMany({ keptFor }, release, write)).modifiedCount;
    },
    async claimKept(keptFor, lock) {
      const found = await deliveries.findOneAndUpdate(
        { keptFor },
        { $set: { nextRunAt: lock.at, lockedAt: lock.at, lockedBy: lock.by }, $unset: { keptFor: 1 } },
        { returnDocument: 'after', ...write },
      );
      return found === null ? null : toDelivery(found);
    },
    async keptSubscriptions() {
      const found = await deliveries.distinct('keptFor', { keptFor: { $gt: '' } });
      return found.filter((id) => id !== undefined);
    },
    async cancel(subscriptionIds, finishedAt) {
      const open = { subscription: { $in: [...subscriptionIds] }, status: { $in: unfinished } };
      const $set = ended('CANCELLED', finishedAt);
      const { modifiedCount } = await deliveries.updateMany(open, { $set, $unset: done }, write);
      // What has failed for good holds up nothing any more.
      const holdingUp = { subscription: open.subscription, orderGroup: { $gt: '' } };
      await deliveries.updateMany(holdingUp, { $unset: { orderGroup: 1 } }, write);
      return modifiedCount;
    },
    async cancelOne(id, finishedAt) {
      const filter = {
        _id: toKey(id),
        $or: [{ status: { $in: unfinished } }, { status: 'EXHAUSTED' as const, orderGroup: { $gt: '' } }],
      };
      const found = await deliveries.findOneAndUpdate(
        filter,
        { $set: ended('CANCELLED', finishedAt), $unset: done },
        { returnDocument: 'after', ...write },
      );
      return found === null ? null : toDelivery(found);
    },
    async retry(id, dueAt) {
      const current = await deliveries.findOne({ _id: toKey(id) });
      if (current === null) return null;
      const { attemptCount } = current;
      if (isWaitingForTurn(current)) return null;
      const asRead = { _id: current._id, attemptCount, lockedAt: null, status: { $ne: 'CANCELLED' as const } };
      const status: DeliveryStatus = attemptCount === 0 ? 'PENDING' : 'RETRYING';
      const again = {
        status,
        nextRunAt: dueAt,
        priority: ranks.RETRY,
        scheduleFrom: attemptCount,
        finishedAt: null,
      };
      const found = await deliveries.findOneAndUpdate(
        asRead,
        { $set: again, $unset: { keptFor: 1 } },
        { returnDocument: 'after', ...write },
      );
      return found === null ? null : toDelivery(found);
    },
    async get(id) {
      if (!isDeliveryId(id)) return null;
      const found = await deliveries.findOne({ _id: toKey(id) });
      return found === null ? null : toDelivery(found);
    },
    async find(event, subscription) {
      const found = await deliveries.findOne({ event, subscription });
      return found === null ? null : toDelivery(found);
    },
    async list({ first, after }, filter) {
      const records = model.collection as unknown as Collection<Document>;
      const search = toDeliverySearch(after === null || !isDeliveryId(after) ? null : toKey(after), filter, first);
      const { items, hasNextPage, lookedUntil } = await findNewestFirst<DeliveryDocument>(records, search);
      const end = lookedUntil instanceof ObjectId ? toId(lookedUntil) : null;
      return { items: items.map(toDelivery), hasNextPage, lookedUntil: end };
    },
    async deleteFinished(createdBefore, limit) {
      const oldest = ObjectId.createFromHexString(toHexBound(createdBefore));
      const keys: ObjectId[] = [];
      // Each from its index: however many old ones are kept or tried again, they are not looked at.
      for (const status of finished) {
        const found = await deliveries
          .find({ status, _id: { $lt: oldest }, ...through }, { projection: { _id: 1 } })
          .sort({ _id: 1 })
          .limit(limit - keys.length)
          .toArray();
        keys.push(...found.map(({ _id }) => _id));
        if (keys.length >= limit) break;
      }
      return (await deliveries.deleteMany({ _id: { $in: keys }, status: { $in: [...finished] }, ...through }, write))
        .deletedCount;
    },
    createIndexes: () => model.createIndexes(),
  };
}

/** A new delivery of an event, due at once. */
export function createDelivery(
  id: string,
  event: Event,
  subscription: { id: string; application: string | null },
  now: Date,
): Delivery {
  return {
    id,
    status: 'PENDING',
    eventId: event.id,
    eventType: event.type,
    sequence: event.sequence,
    subscriptionId: subscription.id,
    applicationId: subscription.application,
    attemptCount: 0,
    scheduleFrom: 0,
    nextAttemptAt: now,
    priority: 'FIRST_ATTEMPT',
    orderGroup: null,
    isKept: false,
    createdAt: now,
    finishedAt: null,
  };
}

function toCondition(holders: LockHolders): { $in: string[] } | { $nin: string[] } {
  return 'only' in holders ? { $in: [...holders.only] } : { $nin: [...holders.not] };
}

/** What holds up no order group. */
const through = { orderGroup: { $exists: false } };
/** What a delivery that is through no longer has. */
const done = { keptFor: 1, orderGroup: 1 } as const;

function ended(status: DeliveryStatus, finishedAt: Date) {
  return { status, finishedAt, nextRunAt: null, lockedAt: null, lockedBy: null };
}

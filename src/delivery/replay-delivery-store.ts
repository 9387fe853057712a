// Deliveries as replays see them, in the collection `deliveries`: found by event, made due again or inserted. Everything else
// about that collection, its indexes too, is delivery-store.ts.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { duplicatesOf, durable } from '../store.js';
import type { Delivery, DeliveryStatus } from './delivery.js';
import {
  type DeliveryDocument,
  hasWork,
  ranks,
  toDocument,
  toId,
  toKey,
  unfinishedReplay,
} from './delivery-document.js';

/** A delivery that a replay has found. */
export interface FoundDelivery {
  readonly id: string;
  readonly eventId: string;
  readonly status: DeliveryStatus;
  readonly attemptCount: number;
  /** The replay that made it due last, or null. */
  readonly replayId: string | null;
}

/** What makes deliveries due. */
export interface MakeDue {
  readonly replayId: string;
  readonly subscriptionId: string;
  /** When; null keeps them until the webhook subscription is served again. */
  readonly dueAt: Date | null;
}

/** Deliveries as replays see them. */
export interface ReplayDeliveryStore {
  /** Unfinished deliveries that replays have made due for a webhook subscription; counts up to `limit`. */
  countUnfinished(subscriptionId: string, limit: number): Promise<number>;
  find(subscriptionId: string, eventIds: readonly string[]): Promise<FoundDelivery[]>;
  /** Inserts deliveries; answers how many were not there before. */
  insert(deliveries: readonly Delivery[], replayId: string): Promise<number>;
  /**
   * Makes deliveries due that are as they were found, with a new schedule; answers how many. One that this replay or a later
   * one has made due is left alone, so that doing it again after a crash does nothing twice; so is one that is locked.
   */
  makeDue(found: readonly FoundDelivery[], due: MakeDue): Promise<number>;
}

/** Over the collection `deliveries`. */
export function createReplayDeliveryStore(connection: Connection): ReplayDeliveryStore {
  const deliveries = connection.collection('deliveries') as unknown as Collection<DeliveryDocument>;
  const write = { writeConcern: durable };

  return {
    async countUnfinished(subscription, limit) {
      const found = await deliveries
        .find({ subscription, ...unfinishedReplay }, { projection: { _id: 1 } })
        .limit(limit)
        .toArray();
      return found.length;
    },
    async find(subscription, eventIds) {
      if (eventIds.length === 0) return [];
      const projection = { event: 1, status: 1, attemptCount: 1, replay: 1 };
      const found = await deliveries.find({ event: { $in: [...eventIds] }, subscription }, { projection }).toArray();
      return found.map(({ _id, event, status, attemptCount, replay = null }) => ({
        id: toId(_id),
        eventId: event,
        status,
        attemptCount,
        replayId: replay,
      }));
    },
    async insert(items, replay) {
      if (items.length === 0) return 0;
      const documents = items.map((item) => ({ ...toDocument(item, null), replay }));
      try {
        await deliveries.insertMany(documents, { ordered: false, ...write });
        return documents.length;
      } catch (error) {
        const duplicates = duplicatesOf(error);
        if (duplicates === null) throw error;
        return documents.length - duplicates.length;
      }
    },
    async makeDue(found, { replayId, subscriptionId, dueAt }) {
      if (found.length === 0) return 0;
      const updates = found.map(({ id, status, attemptCount }) => {
        const filter = {
          _id: toKey(id),
          status,
          attemptCount,
          lockedAt: null,
          keptFor: { $exists: false },
          replay: { $not: { $gte: replayId } },
          ...(status === 'RETRYING' ? hasWork : {}),
        };
        const again: DeliveryStatus = attemptCount === 0 ? 'PENDING' : 'RETRYING';
        const $set = {
          status: again,
          nextRunAt: dueAt,
          priority: ranks.REPLAY,
          scheduleFrom: attemptCount,
          finishedAt: null,
          replay: replayId,
          ...(dueAt === null ? { keptFor: subscriptionId } : {}),
        };
        return { updateOne: { filter, update: { $set } } };
      });
      return (await deliveries.bulkWrite(updates, { ordered: false, ...write })).modifiedCount;
    },
  };
}

// The record of a delivery in MongoDB: its fields, and how it becomes a Delivery and back. Reads, writes
// and indexes are delivery-store.ts.
import { ObjectId } from 'mongodb';
import { idPrefixes } from '../clock.js';
import { type Delivery, type DeliveryStatus, type Priority, priorities } from './delivery.js';
import type { Lock } from './delivery-store.js';

/** A delivery as it is kept. */
export interface DeliveryDocument {
  _id: ObjectId;
  /** Agenda's name of the job: `deliver`. */
  name: string;
  type: 'normal';
  /** Agenda's: the greater goes first. */
  priority: number;
  /** When to make it; null when there is nothing to do yet. */
  nextRunAt: Date | null;
  lockedAt: Date | null;
  lockedBy: string | null;
  event: string;
  eventType: string;
  sequence: number;
  subscription: string;
  application: string | null;
  status: DeliveryStatus;
  attemptCount: number;
  scheduleFrom: number;
  createdAt: Date;
  finishedAt: Date | null;
  /** The webhook subscription, while the delivery is kept until that is served again; else absent. */
  keptFor?: string;
  /** The deliveries among which order is kept, until its turn is over; else absent. */
  orderGroup?: string;
  /** The replay that made it due last; else absent. */
  replay?: string;
}

/** Agenda's `priority` of each of ours. */
export const ranks: Readonly<Record<Priority, number>> = { FIRST_ATTEMPT: 0, RETRY: -10, REPLAY: -20 };
/** Only records with work to do are in the index that is searched for work. */
export const hasWork = { nextRunAt: { $gt: new Date(0) } };
/** Only what replays have made due and is not through is in the index by which replays are held back. */
export const unfinishedReplay = { priority: ranks.REPLAY, finishedAt: null };

const prefix = `${idPrefixes.delivery}_`;
/** Statuses of deliveries that are not through. */
export const unfinished: DeliveryStatus[] = ['PENDING', 'RETRYING'];

/** True for a delivery that others of its order group go before, or that only has to be made due. */
export function isWaitingForTurn({ orderGroup, nextRunAt, lockedAt, status, keptFor }: DeliveryDocument): boolean {
  const isIdle = nextRunAt === null && lockedAt === null && keptFor === undefined;
  return orderGroup !== undefined && isIdle && unfinished.includes(status);
}

/** True for what looks like the identifier of a delivery. */
export function isDeliveryId(id: string): boolean {
  return /^dlv_[0-9a-f]{24}$/.test(id);
}

/** The key of a delivery's record. */
export function toKey(id: string): ObjectId {
  return ObjectId.createFromHexString(id.slice(prefix.length));
}

/** The identifier of the delivery with a key. */
export function toId(key: ObjectId): string {
  return prefix + key.toHexString();
}

/** The record of a new delivery. */
export function toDocument(delivery: Delivery, lock: Lock | null): DeliveryDocument {
  return {
    _id: toKey(delivery.id),
    name: 'deliver',
    type: 'normal',
    priority: ranks[delivery.priority],
    nextRunAt: delivery.nextAttemptAt,
    lockedAt: lock?.at ?? null,
    lockedBy: lock?.by ?? null,
    event: delivery.eventId,
    eventType: delivery.eventType,
    sequence: delivery.sequence,
    subscription: delivery.subscriptionId,
    application: delivery.applicationId,
    status: delivery.status,
    attemptCount: delivery.attemptCount,
    scheduleFrom: delivery.scheduleFrom,
    createdAt: delivery.createdAt,
    finishedAt: delivery.finishedAt,
    ...(delivery.isKept ? { keptFor: delivery.subscriptionId } : {}),
    ...(delivery.orderGroup === null ? {} : { orderGroup: delivery.orderGroup }),
  };
}

/** The delivery of a record. */
export function toDelivery(found: DeliveryDocument): Delivery {
  return {
    id: toId(found._id),
    status: found.status,
    eventId: found.event,
    eventType: found.eventType,
    sequence: found.sequence,
    subscriptionId: found.subscription,
    applicationId: found.application,
    attemptCount: found.attemptCount,
    scheduleFrom: found.scheduleFrom,
    nextAttemptAt: found.nextRunAt,
    priority: priorities.find((priority) => ranks[priority] === found.priority) ?? 'RETRY',
    orderGroup: found.orderGroup ?? null,
    isKept: found.keptFor !== undefined,
    createdAt: found.createdAt,
    finishedAt: found.finishedAt,
  };
}

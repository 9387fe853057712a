// The stores in memory, with the meaning of the ones in MongoDB: unique keys, optimistic writes, locks, change streams.
// Several nodes can share one database; each has its own faults. What the rooms do with stores is tested elsewhere.
import type { ApiKey } from '../../src/application/api-key.js';
import type { ApiKeyStore } from '../../src/application/api-key-store.js';
import type { Application } from '../../src/application/application.js';
import type { ApplicationStore } from '../../src/application/application-store.js';
import type { AttemptStore } from '../../src/delivery/attempt-store.js';
import { classOf, type Delivery, type DeliveryAttempt, type Priority } from '../../src/delivery/delivery.js';
import type { DeliveryStore, Lock } from '../../src/delivery/delivery-store.js';
import type { ReplayDeliveryStore } from '../../src/delivery/replay-delivery-store.js';
import type { ReplayStore } from '../../src/delivery/replay-store.js';
import { createTurns, fillByTurns } from '../../src/delivery/turns.js';
import { createEvent, type Event, type NewEvent } from '../../src/event/event.js';
import type { EventStore, FoundEvent } from '../../src/event/event-store.js';
import type { PlanMarkStore } from '../../src/event/plan-mark-store.js';
import type { EventType, EventTypeVersion } from '../../src/event-type/event-type.js';
import type { EventTypeChange, EventTypeStore } from '../../src/event-type/event-type-store.js';
import type { Log, LogFields } from '../../src/log.js';
import { cutPage, type Page, type PageRequest } from '../../src/paging.js';
import { Problem } from '../../src/problem.js';
import type { WebhookSubscription } from '../../src/webhook-subscription/webhook-subscription.js';
import type {
  SubscriptionChange,
  WebhookSubscriptionStore,
} from '../../src/webhook-subscription/webhook-subscription-store.js';
import { createReplayDeliveryStore, createReplayStore, type KeptReplay } from './memory-replays.js';

interface KeptEvent {
  readonly item: NewEvent;
  readonly sequence: number;
}

/** A delivery with its lock. */
export interface KeptDelivery {
  delivery: Delivery;
  lockedAt: Date | null;
  lockedBy: string | null;
  /** The replay that made it due last. */
  replayId?: string;
}

/** What all nodes share. */
export interface MemoryDatabase {
  readonly events: KeptEvent[];
  /** Events that left the log before they are to be delivered. */
  readonly heldEvents: KeptEvent[];
  readonly deliveries: Map<string, KeptDelivery>;
  readonly attempts: DeliveryAttempt[];
  readonly replays: Map<string, KeptReplay>;
  readonly subscriptions: Map<string, WebhookSubscription>;
  readonly eventTypes: Map<string, EventType & { readonly collisionKey: string }>;
  readonly eventTypeVersions: Map<string, EventTypeVersion & { readonly eventType: string }>;
  readonly applications: Map<string, Application>;
  readonly apiKeys: Map<string, { apiKey: ApiKey; readonly hash: string }>;
  readonly meta: { revision: number; planMark: number };
  /** Sequences of appended events. */
  readonly logChanges: ChangeList<number>;
  /** Where the plan mark was moved to. */
  readonly markChanges: ChangeList<number>;
  readonly subscriptionChanges: ChangeList<SubscriptionChange>;
  readonly eventTypeChanges: ChangeList<EventTypeChange>;
}

interface ChangeList<T> {
  readonly changes: T[];
  readonly wakers: Set<() => void>;
}

/** An empty database. */
export function createMemoryDatabase(): MemoryDatabase {
  return {
    events: [],
    heldEvents: [],
    deliveries: new Map(),
    attempts: [],
    replays: new Map(),
    subscriptions: new Map(),
    eventTypes: new Map(),
    eventTypeVersions: new Map(),
    applications: new Map(),
    apiKeys: new Map(),
    meta: { revision: 0, planMark: 0 },
    logChanges: { changes: [], wakers: new Set() },
    markChanges: { changes: [], wakers: new Set() },
    subscriptionChanges: { changes: [], wakers: new Set() },
    eventTypeChanges: { changes: [], wakers: new Set() },
  };
}

function push<T>({ changes, wakers }: ChangeList<T>, change: T): void {
  changes.push(change);
  for (const wake of [...wakers]) wake();
}

/** A call that stands still until it is released. */
export interface Hold {
  /** Resolves when the call has come to this point. */
  readonly reached: Promise<void>;
  release(): void;
}

/** How the calls of one node go wrong; operations are named such as `events.insert`. */
export interface Faults {
  /** The next call fails and writes nothing. */
  failBefore(operation: string): void;
  /** The next call writes and then fails. */
  failAfter(operation: string): void;
  /** The next insert of events fails after this many documents. */
  failWithin(documents: number): void;
  /** The next call stands still, before or after its write. */
  hold(operation: string, when?: 'before' | 'after'): Hold;
  /** Awaited before each write, to bring calls into another order. */
  onCall: ((operation: string) => Promise<void>) | null;
  /** From now on every call fails: the process is dead. */
  isDead: boolean;
  /** The process dies at its n-th call from the start (1 is the first), before or after its write. */
  dieAt: { readonly call: number; readonly when: 'before' | 'after' } | null;
  /** While true, changes are not told. */
  areStreamsHeld: boolean;
  /** Ends all change streams of the node with an error. */
  breakStreams(): void;
  /** Calls by operation. */
  readonly calls: Map<string, number>;
}

/** Calls that may go wrong. */
export interface RunFaults {
  run<T>(operation: string, write: () => T): Promise<T>;
}

interface RunningFaults extends Faults, RunFaults {
  takeWithin(): number | null;
  watch<T>(list: ChangeList<T>, tell: (change: T) => void, ready: () => unknown, signal: AbortSignal): Promise<void>;
}

/** An error as a database would raise it. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
}

function createFaults(): RunningFaults {
  const before = new Map<string, number>();
  const after = new Map<string, number>();
  const holds = new Map<string, { reach: () => void; released: Promise<void> }[]>();
  const breakers = new Set<() => void>();
  let within: number | null = null;
  let count = 0;
  const take = (from: Map<string, number>, operation: string): boolean => {
    const left = from.get(operation) ?? 0;
    if (left > 0) from.set(operation, left - 1);
    return left > 0;
  };
  const stand = async (point: string): Promise<void> => {
    const hold = holds.get(point)?.shift();
    if (hold === undefined) return;
    hold.reach();
    await hold.released;
  };
  const faults: RunningFaults = {
    calls: new Map(),
    onCall: null,
    isDead: false,
    dieAt: null,
    areStreamsHeld: false,
    failBefore: (operation) => void before.set(operation, (before.get(operation) ?? 0) + 1),
    failAfter: (operation) => void after.set(operation, (after.get(operation) ?? 0) + 1),
    failWithin(documents) {
      within = documents;
    },
    takeWithin() {
      const taken = within;
      within = null;
      return taken;
    },
    hold(operation, when = 'before') {
      const reached = createDeferred();
      const released = createDeferred();
      const point = `${when} ${operation}`;
      holds.set(point, [...(holds.get(point) ?? []), { reach: reached.resolve, released: released.promise }]);
      return { reached: reached.promise, release: released.resolve };
    },
    breakStreams() {
      for (const end of [...breakers]) end();
    },
    async run(operation, write) {
      faults.calls.set(operation, (faults.calls.get(operation) ?? 0) + 1);
      await faults.onCall?.(operation);
      await stand(`before ${operation}`);
      count += 1;
      const isLast = faults.dieAt?.call === count;
      if (isLast && faults.dieAt?.when === 'before') faults.isDead = true;
      if (faults.isDead || take(before, operation)) throw new DatabaseError(`${operation} failed`);
      const result = write();
      if (isLast) faults.isDead = true;
      await stand(`after ${operation}`);
      if (faults.isDead || take(after, operation)) throw new DatabaseError(`${operation} failed after its write`);
      return result;
    },
    async watch({ changes, wakers }, tell, ready, signal) {
      let position = changes.length;
      let isBroken = false;
      let wake = (): void => undefined;
      const stir = (): void => wake();
      const end = (): void => {
        isBroken = true;
        wake();
      };
      wakers.add(stir);
      breakers.add(end);
      signal.addEventListener('abort', stir);
      try {
        await ready();
        while (!signal.aborted) {
          if (isBroken) throw new DatabaseError('the change stream was lost');
          const change = changes[position];
          if (change !== undefined && !faults.areStreamsHeld) {
            position += 1;
            tell(change);
            continue;
          }
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        wakers.delete(stir);
        breakers.delete(end);
        signal.removeEventListener('abort', stir);
      }
    },
  };
  return faults;
}

/** Wakes held change streams after `areStreamsHeld` became false. */
export function resumeStreams(database: MemoryDatabase, faults: Faults): void {
  faults.areStreamsHeld = false;
  for (const list of [
    database.logChanges,
    database.markChanges,
    database.subscriptionChanges,
    database.eventTypeChanges,
  ])
    for (const wake of [...list.wakers]) wake();
}

/** The stores of one node. */
export interface MemoryStores {
  readonly faults: Faults;
  readonly events: EventStore;
  readonly planMark: PlanMarkStore;
  readonly deliveries: DeliveryStore;
  readonly attempts: AttemptStore;
  readonly replays: ReplayStore;
  readonly replayDeliveries: ReplayDeliveryStore;
  readonly webhookSubscriptions: WebhookSubscriptionStore;
  readonly eventTypes: EventTypeStore;
  readonly applications: ApplicationStore;
  readonly apiKeys: ApiKeyStore;
}

/** A node's stores over a database, a new one by default. */
export function createMemoryStores(database: MemoryDatabase = createMemoryDatabase()): MemoryStores {
  const faults = createFaults();
  return {
    faults,
    events: createEventStore(database, faults),
    planMark: createPlanMarkStore(database, faults),
    deliveries: createDeliveryStore(database, faults),
    attempts: createAttemptStore(database, faults),
    replays: createReplayStore(database, faults),
    replayDeliveries: createReplayDeliveryStore(database, faults),
    webhookSubscriptions: createSubscriptionStore(database, faults),
    eventTypes: createEventTypeStore(database, faults),
    applications: createApplicationStore(database, faults),
    apiKeys: createApiKeyStore(database, faults),
  };
}

function toEvent({ item, sequence }: KeptEvent): Event {
  return createEvent(item, sequence);
}

function createEventStore(database: MemoryDatabase, faults: RunningFaults): EventStore {
  const { events, heldEvents, logChanges } = database;
  const inOrder = (): KeptEvent[] => [...events].sort((a, b) => a.sequence - b.sequence);
  const found = (kept: KeptEvent | undefined): FoundEvent | null =>
    kept === undefined ? null : { event: toEvent(kept), contentHash: kept.item.contentHash };

  function takenKey(item: NewEvent, sequence: number): 'sequence' | 'id' | 'idempotencyKey' | null {
    const { id, idempotencyKey } = item;
    if (events.some((kept) => kept.item.id === id)) return 'id';
    if (events.some((kept) => kept.sequence === sequence)) return 'sequence';
    if (idempotencyKey !== null && events.some((kept) => kept.item.idempotencyKey === idempotencyKey))
      return 'idempotencyKey';
    return null;
  }

  return {
    async insert(items, firstSequence) {
      const within = faults.takeWithin();
      await faults.run('events.insert', () => undefined);
      for (const [index, item] of items.entries()) {
        // The documents of one insert are not one transaction: others may write between them.
        if (index > 0) await faults.onCall?.('events.insert.document');
        if (within === index) throw new DatabaseError(`events.insert failed after ${index} documents`);
        const taken = takenKey(item, firstSequence + index);
        if (taken !== null) return { inserted: index, taken };
        events.push({ item, sequence: firstSequence + index });
        push(logChanges, firstSequence + index);
      }
      await faults.run('events.inserted', () => undefined);
      return null;
    },
    find: (key) =>
      faults.run('events.find', () =>
        found(
          events.find(({ item }) => ('id' in key ? item.id === key.id : item.idempotencyKey === key.idempotencyKey)),
        ),
      ),
    findMany: (ids) =>
      faults.run('events.findMany', () => {
        const wanted = (list: readonly KeptEvent[]): KeptEvent[] => list.filter(({ item }) => ids.includes(item.id));
        const inLog = wanted(events);
        const others = wanted(heldEvents).filter(({ item }) => !inLog.some((kept) => kept.item.id === item.id));
        return [...inLog, ...others].map(toEvent);
      }),
    read: ({ after = 0, before = Number.POSITIVE_INFINITY, type, descending = false, limit }) =>
      faults.run('events.read', () => {
        const list = inOrder().filter(
          ({ sequence, item }) => sequence > after && sequence < before && (type === undefined || item.type === type),
        );
        return (descending ? list.reverse() : list).slice(0, limit).map(toEvent);
      }),
    async deleteBelow(sequence, limit, heldSince) {
      const gone = inOrder()
        .filter((kept) => kept.sequence < sequence)
        .slice(0, limit);
      // As in MongoDB holding and deleting are two writes.
      await faults.run('events.hold', () => {
        const later = gone.filter(({ item }) => item.deliverAt !== null && item.deliverAt > heldSince);
        heldEvents.push(...later.filter((kept) => !heldEvents.includes(kept)));
      });
      return faults.run('events.deleteBelow', () => {
        for (const kept of gone) events.splice(events.indexOf(kept), 1);
        return gone.length;
      });
    },
    deleteHeld: (until, limit) =>
      faults.run('events.deleteHeld', () => {
        const gone = heldEvents
          .filter(({ item }) => item.deliverAt !== null && item.deliverAt <= until)
          .slice(0, limit);
        for (const kept of gone) heldEvents.splice(heldEvents.indexOf(kept), 1);
        return gone.length;
      }),
    watch: (tell, ready, signal) => faults.watch(logChanges, tell, ready, signal),
    createIndexes: async () => undefined,
  };
}

function createPlanMarkStore({ meta, markChanges }: MemoryDatabase, faults: RunningFaults): PlanMarkStore {
  return {
    read: () => faults.run('planMark.read', () => meta.planMark),
    move: (from, to) =>
      faults.run('planMark.move', () => {
        if (meta.planMark !== from) return false;
        meta.planMark = to;
        push(markChanges, to);
        return true;
      }),
    watch: (moved, signal) =>
      faults.watch(
        markChanges,
        () => moved(),
        () => undefined,
        signal,
      ),
  };
}

const isOpen = ({ delivery }: KeptDelivery): boolean => ['PENDING', 'RETRYING'].includes(delivery.status);

function createDeliveryStore({ deliveries }: MemoryDatabase, faults: RunningFaults): DeliveryStore {
  const all = (): KeptDelivery[] => [...deliveries.values()];
  const turns = createTurns();
  const unlock = (kept: KeptDelivery): void => void Object.assign(kept, { lockedAt: null, lockedBy: null });
  const lockedBy = (id: string, by: string): KeptDelivery | null => {
    const kept = deliveries.get(id);
    return kept?.lockedBy === by ? kept : null;
  };
  const change = (kept: KeptDelivery, changes: Partial<Delivery>): void => {
    kept.delivery = { ...kept.delivery, ...changes };
  };
  const end = (kept: KeptDelivery, finishedAt: Date): void => {
    change(kept, { status: 'CANCELLED', finishedAt, nextAttemptAt: null, isKept: false, orderGroup: null });
    unlock(kept);
  };
  const isWaitingForTurn = (kept: KeptDelivery): boolean =>
    kept.delivery.orderGroup !== null &&
    kept.delivery.nextAttemptAt === null &&
    kept.lockedAt === null &&
    !kept.delivery.isKept &&
    isOpen(kept);
  return {
    insert: (items, lock: Lock | null) =>
      faults.run('deliveries.insert', () =>
        items.filter((delivery) => {
          const isTaken = all().some(
            (kept) =>
              kept.delivery.eventId === delivery.eventId && kept.delivery.subscriptionId === delivery.subscriptionId,
          );
          if (isTaken) return false;
          deliveries.set(delivery.id, { delivery, lockedAt: lock?.at ?? null, lockedBy: lock?.by ?? null });
          return true;
        }),
      ),
    claim: (limit, dueUntil, lock) =>
      faults.run('deliveries.claim', () => {
        const dueMs = (kept: KeptDelivery): number =>
          kept.delivery.nextAttemptAt?.getTime() ?? Number.POSITIVE_INFINITY;
        const dueBy = (priority: Priority): KeptDelivery[] =>
          all()
            .filter((kept) => kept.lockedAt === null && dueMs(kept) <= dueUntil.getTime())
            .filter(({ delivery }) => delivery.priority === priority)
            .sort((a, b) => dueMs(a) - dueMs(b));
        const due = fillByTurns(turns, limit, {
          FIRST_ATTEMPT: dueBy('FIRST_ATTEMPT'),
          RETRY: dueBy('RETRY'),
          REPLAY: dueBy('REPLAY'),
        });
        for (const kept of due) Object.assign(kept, { lockedAt: lock.at, lockedBy: lock.by });
        return due.map(({ delivery }) => delivery);
      }),
    claimHeads: (groups, { at, upTo, lock }) =>
      faults.run('deliveries.claimHeads', () =>
        groups.flatMap((group) => {
          const [head] = all()
            .filter(({ delivery }) => delivery.orderGroup === group)
            .sort((a, b) => a.delivery.sequence - b.delivery.sequence);
          if (head === undefined || head.delivery.sequence > upTo || !isWaitingForTurn(head)) return [];
          change(head, { nextAttemptAt: at });
          if (lock !== null) Object.assign(head, { lockedAt: lock.at, lockedBy: lock.by });
          return [head.delivery];
        }),
      ),
    orderGroups: (after, limit) =>
      faults.run('deliveries.orderGroups', () => {
        const names = new Set(
          all().flatMap(({ delivery: { orderGroup } }) => (orderGroup === null ? [] : [orderGroup])),
        );
        return [...names]
          .sort()
          .filter((name) => name > after)
          .slice(0, limit);
      }),
    breakLocks: (lockedBefore, holders) =>
      faults.run('deliveries.breakLocks', () => {
        const isOf = (by: string): boolean =>
          holders === undefined || ('only' in holders ? holders.only.includes(by) : !holders.not.includes(by));
        const broken = all().filter(
          (kept) =>
            kept.lockedAt !== null &&
            kept.lockedAt <= lockedBefore &&
            kept.delivery.nextAttemptAt !== null &&
            isOf(kept.lockedBy ?? ''),
        );
        for (const kept of broken) unlock(kept);
        return broken.length;
      }),
    finish: (id, by, outcome) =>
      faults.run('deliveries.finish', () => {
        const kept = lockedBy(id, by);
        if (kept === null) return;
        const { leavesOrderGroup, ...changes } = outcome;
        change(kept, { ...changes, ...(leavesOrderGroup === true ? { orderGroup: null } : {}) });
        unlock(kept);
      }),
    lockedBy: (holder, before, limit) =>
      faults.run('deliveries.lockedBy', () =>
        all()
          .filter((kept) => kept.lockedBy === holder && kept.lockedAt !== null && kept.lockedAt <= before)
          .slice(0, limit)
          .map(({ delivery }) => delivery.id),
      ),
    putOff: (items, by) =>
      faults.run('deliveries.putOff', () => {
        for (const { id, until } of items) {
          const kept = lockedBy(id, by);
          if (kept === null) continue;
          change(kept, { nextAttemptAt: until });
          unlock(kept);
        }
      }),
    unlock: (ids, by, before) =>
      faults.run('deliveries.unlock', () => {
        const isOld = ({ lockedAt }: { readonly lockedAt: Date | null }): boolean =>
          before === undefined || (lockedAt !== null && lockedAt <= before);
        const found = ids.map((id) => lockedBy(id, by)).filter((kept) => kept !== null && isOld(kept));
        for (const kept of found) if (kept !== null) unlock(kept);
        return found.length;
      }),
    park: (some, by) =>
      faults.run('deliveries.park', () => {
        for (const { id } of some) {
          const kept = lockedBy(id, by);
          if (kept === null) continue;
          change(kept, { nextAttemptAt: null, isKept: true });
          unlock(kept);
        }
      }),
    claimKept: (subscriptionId, lock) =>
      faults.run('deliveries.claimKept', () => {
        const kept = all().find(({ delivery }) => delivery.subscriptionId === subscriptionId && delivery.isKept);
        if (kept === undefined) return null;
        change(kept, { nextAttemptAt: lock.at, isKept: false });
        Object.assign(kept, { lockedAt: lock.at, lockedBy: lock.by });
        return kept.delivery;
      }),
    unpark: (subscriptionId, dueAt) =>
      faults.run('deliveries.unpark', () => {
        const kept = all().filter(({ delivery }) => delivery.subscriptionId === subscriptionId && delivery.isKept);
        for (const one of kept) change(one, { nextAttemptAt: dueAt, isKept: false });
        return kept.length;
      }),
    keptSubscriptions: () =>
      faults.run('deliveries.keptSubscriptions', () => {
        const kept = all().filter(({ delivery }) => delivery.isKept);
        return [...new Set(kept.map((one) => one.delivery.subscriptionId))];
      }),
    cancel: (subscriptionIds, finishedAt) =>
      faults.run('deliveries.cancel', () => {
        const open = all().filter((one) => subscriptionIds.includes(one.delivery.subscriptionId) && isOpen(one));
        for (const one of open) end(one, finishedAt);
        for (const one of all())
          if (subscriptionIds.includes(one.delivery.subscriptionId)) change(one, { orderGroup: null });
        return open.length;
      }),
    leaveOrder: (subscriptionId, limit) =>
      faults.run('deliveries.leaveOrder', () => {
        const holdingUp = all().filter(
          ({ delivery }) =>
            delivery.subscriptionId === subscriptionId &&
            delivery.status === 'EXHAUSTED' &&
            delivery.orderGroup !== null,
        );
        return holdingUp.slice(0, limit).map((one) => {
          const { orderGroup } = one.delivery;
          change(one, { orderGroup: null });
          return orderGroup ?? '';
        });
      }),
    cancelOne: (id, finishedAt) =>
      faults.run('deliveries.cancelOne', () => {
        const kept = deliveries.get(id);
        if (kept === undefined) return null;
        const isHoldingUp = kept.delivery.status === 'EXHAUSTED' && kept.delivery.orderGroup !== null;
        if (!isOpen(kept) && !isHoldingUp) return null;
        end(kept, finishedAt);
        return kept.delivery;
      }),
    retry: (id, dueAt) =>
      faults.run('deliveries.retry', () => {
        const kept = deliveries.get(id);
        if (kept === undefined || kept.lockedAt !== null || kept.delivery.status === 'CANCELLED') return null;
        if (isWaitingForTurn(kept)) return null;
        const { attemptCount } = kept.delivery;
        const status = attemptCount === 0 ? 'PENDING' : 'RETRYING';
        const again = { priority: 'RETRY', isKept: false, scheduleFrom: attemptCount, finishedAt: null } as const;
        change(kept, { status, nextAttemptAt: dueAt, ...again });
        return kept.delivery;
      }),
    get: (id) => faults.run('deliveries.get', () => deliveries.get(id)?.delivery ?? null),
    find: (eventId, subscriptionId) =>
      faults.run('deliveries.find', () => {
        const kept = all().find(
          ({ delivery }) => delivery.eventId === eventId && delivery.subscriptionId === subscriptionId,
        );
        return kept?.delivery ?? null;
      }),
    list: (request, filter) =>
      faults.run('deliveries.list', () =>
        newestFirst(
          all().map(({ delivery }) => delivery),
          request,
          (one) =>
            (filter.applicationId === null || one.applicationId === filter.applicationId) &&
            (filter.status == null || one.status === filter.status) &&
            (filter.eventId == null || one.eventId === filter.eventId) &&
            (filter.subscriptionId == null || one.subscriptionId === filter.subscriptionId) &&
            (filter.eventType == null || one.eventType === filter.eventType) &&
            (filter.from == null || one.createdAt >= filter.from) &&
            (filter.to == null || one.createdAt < filter.to),
        ),
      ),
    deleteFinished: (createdBefore, limit) =>
      faults.run('deliveries.deleteFinished', () => {
        const gone = all()
          .filter((kept) => !isOpen(kept) && kept.delivery.orderGroup === null)
          .filter((kept) => kept.delivery.nextAttemptAt === null && kept.delivery.createdAt < createdBefore)
          .slice(0, limit);
        for (const { delivery } of gone) deliveries.delete(delivery.id);
        return gone.length;
      }),
    createIndexes: async () => undefined,
  };
}

function createAttemptStore({ attempts }: MemoryDatabase, faults: RunningFaults): AttemptStore {
  return {
    insert: (attempt) =>
      faults.run('attempts.insert', () => {
        const numbers = attempts.filter((one) => one.deliveryId === attempt.deliveryId).map(({ number }) => number);
        const number = numbers.includes(attempt.number) ? Math.max(...numbers) + 1 : attempt.number;
        attempts.push({ ...attempt, number });
        return number;
      }),
    list: ({ eventId, subscriptionId }, limit) =>
      faults.run('attempts.list', () =>
        attempts
          .filter((one) => one.eventId === eventId && one.subscriptionId === subscriptionId)
          .sort((a, b) => a.number - b.number)
          .slice(0, limit),
      ),
    search: (request, filter) =>
      faults.run('attempts.search', () =>
        newestFirst(
          attempts,
          request,
          (one) =>
            (filter.applicationId === null || one.applicationId === filter.applicationId) &&
            (filter.subscriptionId == null || one.subscriptionId === filter.subscriptionId) &&
            (filter.eventId == null || one.eventId === filter.eventId) &&
            (filter.eventType == null || one.eventType === filter.eventType) &&
            (filter.classes == null || filter.classes.includes(classOf(one.statusCode))) &&
            (filter.statusCode == null || one.statusCode === filter.statusCode) &&
            (filter.errorStage == null || one.error?.stage === filter.errorStage) &&
            (filter.errorCode == null || one.error?.code === filter.errorCode) &&
            (filter.from == null || one.startedAt >= filter.from) &&
            (filter.to == null || one.startedAt < filter.to),
        ),
      ),
    get: (id) => faults.run('attempts.get', () => attempts.find((one) => one.id === id) ?? null),
    deleteBefore: (startedBefore, limit) =>
      faults.run('attempts.deleteBefore', () => {
        const gone = attempts.filter((one) => one.startedAt < startedBefore).slice(0, limit);
        for (const one of gone) attempts.splice(attempts.indexOf(one), 1);
        return gone.length;
      }),
    createIndexes: async () => undefined,
  };
}

function createSubscriptionStore(
  { subscriptions, meta, subscriptionChanges }: MemoryDatabase,
  faults: RunningFaults,
): WebhookSubscriptionStore {
  // As in MongoDB the record and the revision are two writes.
  const grow = (): Promise<void> =>
    faults.run('subscriptions.grow', () => {
      meta.revision += 1;
      push(subscriptionChanges, { kind: 'revision', revision: meta.revision });
    });
  const put = (subscription: WebhookSubscription): void => {
    subscriptions.set(subscription.id, subscription);
    push(subscriptionChanges, { kind: 'put', subscription });
  };
  const remove = (id: string): boolean => {
    const wasThere = subscriptions.delete(id);
    if (wasThere) push(subscriptionChanges, { kind: 'remove', id });
    return wasThere;
  };
  return {
    async create(subscription) {
      await faults.run('subscriptions.create', () => put(subscription));
      await grow();
    },
    async replace(current, next) {
      await faults.run('subscriptions.replace', () => {
        if (subscriptions.get(current.id)?.updatedAt.getTime() !== current.updatedAt.getTime())
          throw new Problem('CONFLICT', 'changed meanwhile', { field: 'id' });
        put(next);
      });
      await grow();
    },
    async delete(id) {
      const wasThere = await faults.run('subscriptions.delete', () => remove(id));
      await grow();
      return wasThere;
    },
    async deleteAll(applicationId) {
      const ids = await faults.run('subscriptions.deleteAll', () =>
        [...subscriptions.values()].filter((one) => one.applicationId === applicationId).map(({ id }) => id),
      );
      for (const id of ids) remove(id);
      await grow();
      return ids;
    },
    get: (id) => faults.run('subscriptions.get', () => subscriptions.get(id) ?? null),
    list: (request, { applicationId, status }) =>
      faults.run('subscriptions.list', () =>
        newestFirst(
          [...subscriptions.values()],
          request,
          (one) =>
            (applicationId === null || one.applicationId === applicationId) &&
            (status === null || one.status === status),
        ),
      ),
    findNaming: (eventType) =>
      faults.run(
        'subscriptions.findNaming',
        () => [...subscriptions.values()].find(({ eventTypes }) => eventTypes.includes(eventType))?.id ?? null,
      ),
    async *all() {
      for (const id of [...subscriptions.keys()]) {
        const found = await faults.run('subscriptions.all', () => subscriptions.get(id));
        if (found !== undefined) yield found;
      }
    },
    async *withDocuments() {
      for (const one of [...subscriptions.values()]) if (one.document !== null) yield one;
    },
    revision: () => faults.run('subscriptions.revision', () => meta.revision),
    watch: (tell, ready, signal) => faults.watch(subscriptionChanges, tell, ready, signal),
    createIndexes: async () => undefined,
  };
}

function createEventTypeStore(
  { eventTypes, eventTypeVersions, eventTypeChanges }: MemoryDatabase,
  faults: RunningFaults,
): EventTypeStore {
  const all = (): (EventType & { collisionKey: string })[] => [...eventTypes.values()];
  const show = (found: (EventType & { collisionKey: string }) | undefined): EventType | null => {
    if (found === undefined) return null;
    const { collisionKey: _key, ...eventType } = found;
    return structuredClone(eventType);
  };
  return {
    create: (eventType, collisionKey) =>
      faults.run('eventTypes.create', () => {
        if (all().some((one) => one.collisionKey === collisionKey))
          throw new Problem('NAME_TAKEN', 'taken', { field: 'name' });
        eventTypes.set(eventType.id, { ...eventType, collisionKey });
        push(eventTypeChanges, { kind: 'put', eventType: structuredClone(eventType) });
      }),
    replace: (current, next) =>
      faults.run('eventTypes.replace', () => {
        const kept = eventTypes.get(current.id);
        if (kept === undefined) return false;
        if (next.version !== current.version) {
          const { version, schema, versionCreatedAt } = current;
          const superseded = { eventType: current.id, version, schema, createdAt: versionCreatedAt };
          eventTypeVersions.set(`${current.id}:${version}`, superseded);
        }
        if (kept.updatedAt.getTime() !== current.updatedAt.getTime() || kept.version !== current.version) return false;
        eventTypes.set(next.id, { ...next, collisionKey: kept.collisionKey });
        push(eventTypeChanges, { kind: 'put', eventType: structuredClone(next) });
        return true;
      }),
    getByName: (name) => faults.run('eventTypes.getByName', () => show(all().find((one) => one.name === name))),
    get: (id) => faults.run('eventTypes.get', () => show(eventTypes.get(id))),
    delete: ({ id }) =>
      faults.run('eventTypes.delete', () => {
        for (const [key, { eventType }] of eventTypeVersions) if (eventType === id) eventTypeVersions.delete(key);
        push(eventTypeChanges, { kind: 'remove', id });
        return eventTypes.delete(id);
      }),
    list: ({ first, after }, status) =>
      faults.run('eventTypes.list', () => {
        const found = all()
          .filter((one) => (status === null || one.status === status) && (after === null || one.name > after))
          .sort((a, b) => (a.name < b.name ? -1 : 1));
        return cutPage(
          found.slice(0, first + 1).flatMap((one) => show(one) ?? []),
          first,
        );
      }),
    listSuperseded: (id, limit) =>
      faults.run('eventTypes.listSuperseded', () =>
        [...eventTypeVersions.values()]
          .filter(({ eventType }) => eventType === id)
          .sort((a, b) => b.version - a.version)
          .slice(0, limit)
          .map(({ eventType: _id, ...version }) => version),
      ),
    async *all() {
      for (const { id } of all()) {
        const found = show(eventTypes.get(id));
        if (found !== null) yield found;
      }
    },
    changes: () =>
      faults.run('eventTypes.changes', () => new Map(all().map(({ id, updatedAt }) => [id, updatedAt] as const))),
    watch: (tell, ready, signal) => faults.watch(eventTypeChanges, tell, ready, signal),
    createIndexes: async () => undefined,
  };
}

function createApplicationStore({ applications }: MemoryDatabase, faults: RunningFaults): ApplicationStore {
  const checkExternalId = (id: string, externalId: string | null | undefined): void => {
    if (externalId == null) return;
    if ([...applications.values()].some((one) => one.id !== id && one.externalId === externalId))
      throw new Problem('NAME_TAKEN', 'externalId is used by another application', { field: 'externalId' });
  };
  return {
    create: (application) =>
      faults.run('applications.create', () => {
        checkExternalId(application.id, application.externalId);
        applications.set(application.id, application);
      }),
    update: (id, changes, updatedAt) =>
      faults.run('applications.update', () => {
        const current = applications.get(id);
        if (current === undefined) return null;
        checkExternalId(id, changes.externalId);
        const next = { ...current, ...changes, updatedAt };
        applications.set(id, next);
        return next;
      }),
    get: (id) => faults.run('applications.get', () => applications.get(id) ?? null),
    delete: (id) => faults.run('applications.delete', () => applications.delete(id)),
    list: (request) =>
      faults.run('applications.list', () => newestFirst([...applications.values()], request, () => true)),
    createIndexes: async () => undefined,
  };
}

function createApiKeyStore({ apiKeys }: MemoryDatabase, faults: RunningFaults): ApiKeyStore {
  const revoke = (kept: { apiKey: ApiKey }, revokedAt: Date): void => {
    kept.apiKey = { ...kept.apiKey, revokedAt: kept.apiKey.revokedAt ?? revokedAt };
  };
  return {
    create: (apiKey, hash) =>
      faults.run('apiKeys.create', () => {
        if ([...apiKeys.values()].some((kept) => kept.hash === hash)) throw new DatabaseError('duplicate key: hash');
        apiKeys.set(apiKey.id, { apiKey, hash });
      }),
    findByHash: (hash) =>
      faults.run('apiKeys.findByHash', () => [...apiKeys.values()].find((kept) => kept.hash === hash)?.apiKey ?? null),
    get: (id) => faults.run('apiKeys.get', () => apiKeys.get(id)?.apiKey ?? null),
    revoke: (id, revokedAt) =>
      faults.run('apiKeys.revoke', () => {
        const kept = apiKeys.get(id);
        if (kept === undefined) return null;
        revoke(kept, revokedAt);
        return kept.apiKey;
      }),
    revokeAll: (applicationId, revokedAt) =>
      faults.run('apiKeys.revokeAll', () => {
        for (const kept of apiKeys.values()) if (kept.apiKey.applicationId === applicationId) revoke(kept, revokedAt);
      }),
    listRevokedSince: (since) =>
      faults.run('apiKeys.listRevokedSince', () =>
        [...apiKeys.values()].flatMap(({ apiKey: { id, revokedAt } }) =>
          revokedAt !== null && revokedAt >= since ? [id] : [],
        ),
      ),
    list: (request, applicationId) =>
      faults.run('apiKeys.list', () =>
        newestFirst(
          [...apiKeys.values()].map(({ apiKey }) => apiKey),
          request,
          (one) => applicationId === null || one.applicationId === applicationId,
        ),
      ),
    createIndexes: async () => undefined,
  };
}

function newestFirst<T extends { readonly id: string }>(
  items: readonly T[],
  { first, after }: PageRequest,
  isWanted: (item: T) => boolean,
): Page<T> {
  const found = items
    .filter((item) => isWanted(item) && (after === null || item.id < after))
    .sort((a, b) => (a.id < b.id ? 1 : -1));
  return cutPage(found.slice(0, first + 1), first);
}

function createDeferred(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

const midnight = new Date('2026-01-01T00:00:00.000Z');

/** An event as publish.ts hands it to the log; parts that a test does not care about are made up. */
export function newEventOf(id: string, parts: Partial<NewEvent> = {}): NewEvent {
  return {
    id,
    type: 'order.created',
    typeVersion: 1,
    source: 'test',
    subject: null,
    time: midnight,
    dataJson: '{"amount":1}',
    applicationId: null,
    onlySubscriptionId: null,
    orderingKey: null,
    deliverAt: null,
    publishedAt: midnight,
    idempotencyKey: null,
    contentHash: null,
    ...parts,
  };
}

/** An event of the log. */
export function eventOf(sequence: number, parts: Partial<NewEvent> = {}): Event {
  return toEvent({ item: newEventOf(`e${sequence}`, parts), sequence });
}

/** A webhook subscription that wants every event. Its secret and headers are not sealed, so it cannot be signed for. */
export function subscriptionOf(id: string, parts: Partial<WebhookSubscription> = {}): WebhookSubscription {
  return {
    id,
    name: null,
    targets: [{ url: 'https://receiver.example/', weight: 1 }],
    deliverySettings: {},
    payload: {},
    eventTypes: ['*'],
    filter: null,
    document: null,
    eventTypeVersion: null,
    headersSealed: null,
    secrets: [],
    status: 'ACTIVE',
    statusReason: null,
    applicationId: null,
    fromSequence: 0,
    createdAt: midnight,
    updatedAt: midnight,
    ...parts,
  };
}

/** A log that keeps its lines. */
export interface RecordedLog extends Log {
  readonly lines: { readonly level: string; readonly sentence: string; readonly fields: LogFields }[];
}

/** An empty recorded log. */
export function createRecordedLog(): RecordedLog {
  const lines: RecordedLog['lines'] = [];
  const keep =
    (level: string) =>
    (sentence: string, fields: LogFields = {}): void =>
      void lines.push({ level, sentence, fields });
  const log: RecordedLog = {
    lines,
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    room: () => log,
  };
  return log;
}

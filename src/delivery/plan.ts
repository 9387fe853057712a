// Planning: from events in the log to one delivery for each webhook subscription that wants them. Making the deliveries is
// deliver.ts. Planning twice does no harm: a delivery is unique by event and webhook subscription.
import type { CancelTimer, Clock, NewId } from '../clock.js';
import type { Event } from '../event/event.js';
import type { EventStore } from '../event/event-store.js';
import type { PlanMarkStore } from '../event/plan-mark-store.js';
import { createGroupCommit } from '../group-commit.js';
import type { Log } from '../log.js';
import type { ServedSubscription, ServedSubscriptions } from '../webhook-subscription/served-subscriptions.js';
import type { Delivery } from './delivery.js';
import type { DeliveryQueue } from './delivery-queue.js';
import { createDelivery, type DeliveryStore, type Lock } from './delivery-store.js';

/** Plans deliveries. */
export interface Planner {
  /** Takes events of the log over; what fails or is cut off by a crash is planned by `sweep`. Never throws. */
  plan(events: readonly Event[]): void;
  /** Plans what was accepted before an instant and is behind the mark; answers how many events. */
  sweep(acceptedBefore: Date): Promise<number>;
  /** Says that some process has moved the mark. Never throws. */
  markMoved(): Promise<void>;
  /** Resolves when what `plan` was given before is planned, or left to the sweep. More may be under way by then. */
  idle(): Promise<void>;
}

/** What planning needs. */
export interface PlannerOptions {
  readonly events: EventStore;
  readonly planMark: PlanMarkStore;
  readonly deliveries: DeliveryStore;
  readonly subscriptions: ServedSubscriptions;
  readonly queue: DeliveryQueue;
  /** True when a webhook subscription's deliveries are to be kept because its receiver is down. */
  readonly isHeldUp: (subscriptionId: string) => boolean;
  /** Lets the first of order groups go. Never throws. */
  readonly claimHeads: (orderGroups: readonly string[]) => Promise<void>;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly log: Log;
}

interface PlannedDelivery {
  readonly delivery: Delivery;
  readonly event: Event;
}

/** Most lists of events planned together; a list has 1 to 1,000, as one group of the log has. */
const maxLists = 10;
/** Most deliveries in one insert. */
const maxDeliveries = 1000;
/** Most events read by one round of a sweep. */
const sweepPage = 500;

/** How long the mark may lag behind what is planned, in milliseconds. */
const markWithinMs = 50;

/** Sequences from `first` to `last`. */
interface Run {
  readonly first: number;
  readonly last: number;
}

/** A planner. */
export function createPlanner(options: PlannerOptions): Planner {
  const { events, planMark, deliveries, subscriptions, queue, clock, newId, log } = options;
  /** Order groups with new deliveries; they may go when everything before these is planned. */
  let ordered: { readonly sequence: number; readonly orderGroup: string }[] = [];
  /** What is planned and not yet under the mark, since other nodes' events lie between; in order. */
  let ahead: readonly Run[] = [];
  let cancelMark: CancelTimer | null = null;
  /** True when this process left deliveries to others. */
  let hasOthersWork = false;

  async function planGroup(group: readonly Event[]): Promise<void> {
    await subscriptions.caughtUp();
    const now = clock.now();
    let planned: PlannedDelivery[] = [];
    for (const event of group) {
      for (const subscription of await wanting(event)) {
        const delivery = planOne(event, subscription, now);
        if (delivery === null) continue;
        planned.push({ event, delivery });
        if (delivery.orderGroup !== null) ordered.push({ sequence: event.sequence, orderGroup: delivery.orderGroup });
        if (planned.length === maxDeliveries) {
          await insert(planned, now);
          planned = [];
        }
      }
    }
    if (planned.length > 0) await insert(planned, now);
    ahead = joinRuns([...ahead, ...group.map(({ sequence }) => ({ first: sequence, last: sequence }))]);
    if (hasOthersWork || ordered.length > 0) await moveMark();
    else markLater();
  }

  /** The delivery of an event; null when there is to be none. */
  function planOne(event: Event, subscription: ServedSubscription, now: Date): Delivery | null {
    const { policy } = subscription;
    const delivery = createDelivery(newId('delivery'), event, subscription, now);
    const isServed = subscription.status === 'ACTIVE';
    if (!isServed && policy.whilePaused === 'SKIP') return null;
    const isLater = event.deliverAt !== null && event.deliverAt > now;
    const orderGroup = isLater ? null : orderGroupOf(event, subscription);
    if (orderGroup !== null) return { ...delivery, orderGroup, nextAttemptAt: null };
    // Whether it is to be kept is seen when its time has come.
    if (isLater) return { ...delivery, nextAttemptAt: event.deliverAt };
    const isDue = isServed && !options.isHeldUp(subscription.id);
    return isDue ? delivery : { ...delivery, isKept: true, nextAttemptAt: null };
  }

  /** One write for all groups of a moment. */
  function markLater(): void {
    cancelMark ??= clock.after(markWithinMs, () => {
      cancelMark = null;
      moveMark().catch((error: unknown) => log.warn('Could not move the mark of what is planned.', { error }));
    });
  }

  /**
   * Moves the mark over what is planned, which also wakes other processes. Dying before it, or waiting for another process
   * whose events lie between, costs planning again and nothing else.
   */
  async function moveMark(): Promise<void> {
    hasOthersWork = false;
    // What is planned meanwhile is for the next time.
    for (const { first, last } of ahead) {
      if (!(await planMark.move(first - 1, last))) return;
      ahead = dropUntil(ahead, last);
      await goOnUntil(last);
    }
  }

  /** What is planned until the mark is all there is: the first of an order group is the first for good. */
  async function goOnUntil(mark: number): Promise<void> {
    if (ordered.length === 0) return;
    const ripe = ordered.filter(({ sequence }) => sequence <= mark);
    ordered = ordered.filter(({ sequence }) => sequence > mark);
    if (ripe.length > 0) await options.claimHeads(ripe.map(({ orderGroup }) => orderGroup));
  }

  async function markMoved(): Promise<void> {
    if (ahead.length === 0 && ordered.length === 0) return;
    try {
      const mark = await planMark.read();
      ahead = dropUntil(ahead, mark);
      await goOnUntil(mark);
      await moveMark();
    } catch (error) {
      log.warn('Could not move the mark of what is planned.', { error });
    }
  }

  async function wanting(event: Event): Promise<readonly ServedSubscription[]> {
    if (event.onlySubscriptionId === null) return subscriptions.wanting(event);
    const only = await subscriptions.get(event.onlySubscriptionId);
    return only === null ? [] : [only];
  }

  async function insert(planned: readonly PlannedDelivery[], now: Date): Promise<void> {
    // What this process has room for is born locked and goes to its queue without another round trip.
    const lockedMs = clock.monotonicMs();
    const isDue = ({ delivery }: PlannedDelivery): boolean => delivery.nextAttemptAt === now;
    const own = queue.reserve(planned.filter(isDue), lockedMs);
    const lock = { by: queue.holder, at: now };
    const byId = new Map(own.map((one) => [one.delivery.id, one.event]));
    const others = planned
      .filter((one) => !byId.has(one.delivery.id))
      .map((one) => (isDue(one) ? putOff(one.delivery, lockedMs) : one.delivery));
    try {
      const [ownInsert, othersInsert] = await Promise.allSettled([
        insertSome(
          own.map((one) => one.delivery),
          lock,
        ),
        insertSome(others, null),
      ]);
      if (ownInsert.status === 'rejected') throw ownInsert.reason;
      queue.offer(
        ownInsert.value.map((delivery) => ({
          delivery,
          lockedBy: lock.by,
          lockedMs,
          event: byId.get(delivery.id) ?? null,
        })),
      );
      if (othersInsert.status === 'rejected') throw othersInsert.reason;
    } finally {
      queue.release(own);
    }
    // Again, for whoever looked before they were there.
    for (const delivery of others) {
      if (delivery.nextAttemptAt !== now) continue;
      hasOthersWork = true;
      queue.turnAway(delivery, lockedMs);
    }
  }

  function insertSome(some: readonly Delivery[], lock: Lock | null): Promise<readonly Delivery[]> {
    return some.length === 0 ? Promise.resolve(some) : deliveries.insert(some, lock);
  }

  function putOff(delivery: Delivery, nowMs: number): Delivery {
    const putOffMs = queue.turnAway(delivery, nowMs);
    if (putOffMs === null) return delivery;
    return { ...delivery, nextAttemptAt: new Date(delivery.createdAt.getTime() + putOffMs) };
  }

  const groups = createGroupCommit<readonly Event[], void>({
    maxItems: maxLists,
    async write(lists) {
      await planGroup(lists.flat());
      return lists.map(() => undefined);
    },
  });

  /** The latest `plan`; groups are written in order, so that those before it are through when it is. */
  let latest: Promise<unknown> = Promise.resolve();

  function plan(some: readonly Event[]): void {
    latest = groups.add(some).catch((error: unknown) => {
      log.warn('Could not plan deliveries now; the sweep will.', { error, events: some.length });
    });
  }

  async function sweep(acceptedBefore: Date): Promise<number> {
    let count = 0;
    let mark = await planMark.read();
    for (;;) {
      ahead = dropUntil(ahead, mark);
      await goOnUntil(mark);
      const found = await events.read({ after: mark, limit: sweepPage });
      const firstYoung = found.findIndex(({ publishedAt }) => publishedAt >= acceptedBefore);
      const old = firstYoung === -1 ? found : found.slice(0, firstYoung);
      const [oldest] = old;
      if (oldest === undefined) return count;
      if (oldest.sequence > mark + 1) await planMark.move(mark, oldest.sequence - 1);
      await groups.add(old);
      await moveMark();
      count += old.length;
      const before = mark;
      mark = await planMark.read();
      if (mark === before) return count;
    }
  }

  return {
    plan,
    sweep,
    markMoved,
    async idle() {
      await latest;
      cancelMark?.();
      cancelMark = null;
      await moveMark().catch((error: unknown) => log.warn('Could not move the mark of what is planned.', { error }));
    },
  };
}

/** The deliveries among which this one has its place, or null when its order is free. A test event has none. */
function orderGroupOf(event: Event, { id, policy }: ServedSubscription): string | null {
  if (event.onlySubscriptionId !== null) return null;
  switch (policy.ordering) {
    case 'NONE':
      return null;
    case 'STRICT':
      return id;
    case 'BY_KEY':
      return event.orderingKey === null ? null : `${id} ${event.orderingKey}`;
    default:
      return policy.ordering satisfies never;
  }
}

/** What of the runs lies behind a sequence. */
function dropUntil(runs: readonly Run[], sequence: number): Run[] {
  return runs
    .filter(({ last }) => last > sequence)
    .map(({ first, last }) => ({ first: Math.max(first, sequence + 1), last }));
}

/** Runs in order, those that touch or overlap made one. */
function joinRuns(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of [...runs].sort((a, b) => a.first - b.first)) {
    const last = joined.at(-1);
    if (last !== undefined && run.first <= last.last + 1)
      joined[joined.length - 1] = { first: last.first, last: Math.max(last.last, run.last) };
    else joined.push(run);
  }
  return joined;
}

// Locks deliveries for this process: what is due, in batches, and what comes next in an order group. What runs when is
// delivery-jobs.ts.
import type { Clock } from '../clock.js';
import { commandWithinMs, within } from '../deadline.js';
import type { EventStore } from '../event/event-store.js';
import type { PlanMarkStore } from '../event/plan-mark-store.js';
import type { Log } from '../log.js';
import type { ClaimedDelivery, Delivery } from './delivery.js';
import type { DeliveryQueue } from './delivery-queue.js';
import type { DeliveryStore } from './delivery-store.js';

/** What locking needs. */
export interface ClaimerOptions {
  readonly deliveries: DeliveryStore;
  readonly events: EventStore;
  readonly queue: DeliveryQueue;
  /** How far the log is planned. */
  readonly planMark: Pick<PlanMarkStore, 'read'>;
  /** True when a webhook subscription's deliveries are to be kept because its receiver is down. */
  readonly isHeldUp: (subscriptionId: string) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/** How often the database is asked for what has become due, in milliseconds. */
export const pollEveryMs = 1000;
/** Most deliveries locked by one batch. */
const claimBatch = 200;
/** Order groups looked after at once. */
const sweepGroups = 200;

/** Locks deliveries for the queue of this process. */
export interface Claimer {
  /** Locks a batch of due deliveries and puts it into the queue; calls that come meanwhile share the batch. Never throws. */
  claimMore(): Promise<void>;
  /**
   * Lets the first of order groups go where it is its turn: into the queue, or due for others where the queue takes nothing.
   * Never throws; what fails is left to `sweepOrder`.
   */
  claimHeads(orderGroups: readonly string[]): Promise<void>;
  /** Looks after some of the order groups, in turn, in case a process died between one delivery and the next. */
  sweepOrder(): Promise<void>;
  /** Puts one delivery that is kept for a webhook subscription into the queue if `isWanted` still says so; false if there is none. */
  claimKept(subscriptionId: string, isWanted: () => Promise<boolean>): Promise<boolean>;
  /** Gives back what has waited in the queue for too long, as if there were no room for it. */
  turnAwayOld(): Promise<void>;
  /** Resolves when no claim is under way. */
  idle(): Promise<void>;
}

/** Locks deliveries for the queue of this process. */
export function createClaimer(options: ClaimerOptions): Claimer {
  const { deliveries, events, planMark, queue, isHeldUp, clock, log } = options;
  /** Everything up to here is planned, at least. */
  let mark = 0;
  let claiming: Promise<void> | null = null;
  let claimedAtMs = Number.NEGATIVE_INFINITY;

  async function claim(): Promise<void> {
    const room = Math.min(claimBatch, queue.room);
    // Between two polls the database is asked only if it is known to have more.
    const isPoll = clock.monotonicMs() - claimedAtMs >= pollEveryMs / 2;
    if (room === 0 || !(queue.takeMore() || isPoll)) return;
    claimedAtMs = clock.monotonicMs();
    const lock = { by: queue.holder, at: clock.now() };
    const claimed = await deliveries.claim(room, lock.at, lock);
    const isEachPutOff = await takeIn(claimed);
    // What stays due would be found again at once.
    if (claimed.length === room && isEachPutOff) queue.hasMore();
  }

  /** Puts locked deliveries into the queue, and those that it has no room for back; true when none of these stays due. */
  async function takeIn(claimed: readonly Delivery[]): Promise<boolean> {
    if (claimed.length === 0) return true;
    const lockedMs = clock.monotonicMs();
    const own = queue.reserve(
      claimed.map((delivery) => ({ delivery, event: null })),
      lockedMs,
    );
    try {
      queue.offer(
        await withEvents(
          own.map(({ delivery }) => delivery),
          lockedMs,
        ),
      );
    } catch (error) {
      // Otherwise they would wait until their locks run out.
      await deliveries.unlock(
        claimed.map(({ id }) => id),
        queue.holder,
      );
      throw error;
    } finally {
      queue.release(own);
    }
    const isOwn = new Set(own.map(({ delivery }) => delivery.id));
    return turnAway(claimed.filter(({ id }) => !isOwn.has(id)));
  }

  async function claimHeads(orderGroups: readonly string[]): Promise<void> {
    try {
      const groups = new Set(orderGroups);
      for (const group of await claimPlanned([...groups])) groups.delete(group);
      if (groups.size === 0) return;
      const before = mark;
      mark = Math.max(mark, await planMark.read());
      if (mark > before) await claimPlanned([...groups]);
    } catch (error) {
      log.warn('Could not go on with ordered deliveries; they are looked after later.', { error });
    }
  }

  /** Answers the groups that go on. What is not planned yet may belong before those that are, so these wait. */
  async function claimPlanned(groups: readonly string[]): Promise<string[]> {
    if (mark === 0) return [];
    const at = clock.now();
    const lock = queue.room === 0 ? null : { by: queue.holder, at };
    const heads = await deliveries.claimHeads(groups, { at, upTo: mark, lock });
    if (lock === null) queue.hasMore();
    else await takeIn(heads);
    return heads.flatMap(({ orderGroup }) => (orderGroup === null ? [] : [orderGroup]));
  }

  async function claimKept(subscriptionId: string, isWanted: () => Promise<boolean>): Promise<boolean> {
    const lockedMs = clock.monotonicMs();
    const kept = await deliveries.claimKept(subscriptionId, { by: queue.holder, at: clock.now() });
    if (kept === null) return false;
    try {
      const [ready] = await withEvents([kept], lockedMs);
      if (ready !== undefined && (await isWanted())) queue.offer([ready]);
      else await deliveries.park([kept], queue.holder);
    } catch (error) {
      // Nothing of it is in the queue then.
      await deliveries.park([kept], queue.holder);
      throw error;
    }
    return true;
  }

  async function turnAwayOld(): Promise<void> {
    const old = queue.takeOld(clock.monotonicMs());
    for (const { delivery } of old) queue.unused(delivery.subscriptionId);
    if (old.length > 0 && !(await turnAway(old.map(({ delivery }) => delivery)))) queue.hasMore();
  }

  let sweptTo = '';
  async function sweepOrder(): Promise<void> {
    const some = await deliveries.orderGroups(sweptTo, sweepGroups);
    sweptTo = some.length < sweepGroups ? '' : (some.at(-1) ?? '');
    if (some.length > 0) await claimHeads(some);
  }

  async function withEvents(claimed: readonly Delivery[], lockedMs: number): Promise<ClaimedDelivery[]> {
    if (claimed.length === 0) return [];
    const found = await events.findMany([...new Set(claimed.map(({ eventId }) => eventId))]);
    const byId = new Map(found.map((event) => [event.id, event]));
    return claimed.map((delivery) => ({
      delivery,
      lockedBy: queue.holder,
      lockedMs,
      event: byId.get(delivery.eventId) ?? null,
    }));
  }

  /**
   * A receiver that hangs has the longest due deliveries of all, which are claimed first: what its lane has no room for is
   * put off, so that others come next. True when none stays due.
   */
  async function turnAway(others: readonly Delivery[]): Promise<boolean> {
    const [now, nowMs] = [clock.now().getTime(), clock.monotonicMs()];
    const back: string[] = [];
    const putOff: { readonly id: string; readonly until: Date }[] = [];
    const kept: Delivery[] = [];
    for (const one of others) {
      const { id, subscriptionId } = one;
      if (isHeldUp(subscriptionId)) {
        kept.push(one);
        continue;
      }
      const putOffMs = queue.turnAway(one, nowMs);
      if (putOffMs === null) back.push(id);
      else putOff.push({ id, until: new Date(now + putOffMs) });
    }
    const unlocking = back.length === 0 ? null : deliveries.unlock(back, queue.holder);
    await Promise.all([deliveries.putOff(putOff, queue.holder), deliveries.park(kept, queue.holder), unlocking]);
    return back.length === 0;
  }

  return {
    claimHeads,
    sweepOrder,
    claimKept,
    turnAwayOld,
    claimMore() {
      claiming ??= within(commandWithinMs, claim())
        .catch((error: unknown) => log.warn('Could not look for due deliveries.', { error }))
        .finally(() => {
          claiming = null;
        });
      return claiming;
    },
    async idle() {
      await claiming;
    },
  };
}

// The deliveries that this process has locked and not begun: one lane for each webhook subscription, taken in turns, so
// that a slow receiver holds up its own lane only. Knows nothing of the database or of HTTP.
// What lanes share, places to run and room to wait, is shared by one rule: a lane may have another only while more is free
// than it has. A single lane gets half of all, ten that hang get a tenth each, and something is always left for the next.
// First attempts go before retries and these before replays; each of them gets a turn now and then.
import type { Clock } from '../clock.js';
import type { Event } from '../event/event.js';
import { type ClaimedDelivery, type Delivery, type Priority, priorities } from './delivery.js';
import {
  countAhead,
  createLane,
  createRing,
  emptyLane,
  firstOfLane,
  type Gate,
  hasWaiting,
  idsOfLane,
  type Lane,
  noteEnd,
  pushToLane,
  type Ring,
  takeFromLane,
} from './lane.js';
import { isStuck, putOffMs } from './put-off.js';
import { createTurns } from './turns.js';

/** Locked deliveries waiting for their turn. */
export interface DeliveryQueue {
  /** Names this process as the holder of locks. */
  readonly holder: string;
  /** How many more deliveries fit. */
  readonly room: number;
  /** Those of `some` that there is room for; keeps the room until `release`. A lane in which nothing ends has little. */
  reserve<T extends Reserved>(some: readonly T[], nowMs: number): readonly T[];
  /** Gives back reserved room. */
  release(reserved: readonly Reserved[]): void;
  /** Puts locked deliveries into their lanes and wakes who takes. */
  offer(claimed: readonly ClaimedDelivery[]): void;
  /** Says that the database has due deliveries which did not fit. */
  hasMore(): void;
  /**
   * How long to put off a due delivery that there was no room for, in milliseconds. Null when it would begin soon: then it
   * stays due, and `takeMore` is true when the lane has room again.
   */
  turnAway(delivery: InLane, nowMs: number): number | null;
  /** The next delivery whose lane may run another when `slots` may run in all, or null. */
  take(slots: number, nowMs: number): ClaimedDelivery | null;
  /** Ends a taken delivery, so that its lane may run another. */
  done(delivery: InLane, nowMs: number): void;
  /** Says that a taken delivery made no request: what it took of limits is free again. */
  unused(subscriptionId: string): void;
  /** Says that a lane's gate may let more through than it said. */
  askAgain(subscriptionId: string): void;
  /** How many deliveries of a webhook subscription run and wait. */
  loadOf(subscriptionId: string): { readonly running: number; readonly waiting: number };
  /** Identifiers of what waits. */
  ids(): string[];
  /** Takes out what waits in a lane. */
  empty(subscriptionId: string): ClaimedDelivery[];
  /** Takes out what has waited too long behind its lock to be begun. */
  takeOld(nowMs: number): ClaimedDelivery[];
  /** Takes everything out; from then on there is no room. */
  drain(): ClaimedDelivery[];
  /** Called when something may have become possible to take. */
  onWake(wake: () => void): void;
  /** Waiting deliveries. */
  readonly waiting: number;
  /** Taken deliveries that have not ended. */
  readonly running: number;
  /** True when `hasMore` was said since the last `takeMore`. */
  takeMore(): boolean;
}

/** Where a delivery has its place. */
export type InLane = Pick<Delivery, 'subscriptionId' | 'priority'>;

/** What room is kept for. */
export interface Reserved {
  readonly delivery: Delivery;
  /** Null when it is not read yet. */
  readonly event: Event | null;
}

/** Bounds of a queue. */
export interface DeliveryQueueOptions {
  readonly holder: string;
  /** Most deliveries waiting, and most bytes of their events' data. */
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  /** Most deliveries of one lane that run at the same time. */
  readonly maxRunningPerLane: number;
  /** Wakes lanes whose gate has said when to ask again. */
  readonly clock: Pick<Clock, 'after'>;
  /** The gate of a webhook subscription; null when it has none. Default: none has. */
  readonly gateOf?: (subscriptionId: string) => Gate | null;
}

/** A locked delivery that waited longer than this is handed back instead of begun, in milliseconds. */
export const beginWithinMs = 45_000;
/** A gate is asked again after this at the latest: what it depends on may have been changed. */
const askWithinMs = 5000;

/** Which part of what all share retries and replays together may have, and which replays alone. */
const lowerShare = 0.75;
const replayShare = 0.5;

const noLoad = { running: 0, waiting: 0 };

/** An empty queue. */
export function createDeliveryQueue(options: DeliveryQueueOptions): DeliveryQueue {
  const { maxRunningPerLane, clock, gateOf = () => null } = options;
  const lanes = new Map<string, Lane>();
  const rings: Readonly<Record<Priority, Ring>> = {
    FIRST_ATTEMPT: createRing(),
    RETRY: createRing(),
    REPLAY: createRing(),
  };
  const countBy: Record<Priority, number> = { FIRST_ATTEMPT: 0, RETRY: 0, REPLAY: 0 };
  let count = 0;
  let bytes = 0;
  const runningBy: Record<Priority, number> = { FIRST_ATTEMPT: 0, RETRY: 0, REPLAY: 0 };
  const turns = createTurns();
  let running = 0;
  let isMore = false;
  let isClosed = false;
  let wake: () => void = () => undefined;

  function add({ delivery, event }: Reserved, by: 1 | -1): void {
    count += by;
    countBy[delivery.priority] += by;
    bytes += by * (event === null ? 0 : event.dataJson.length);
  }

  function roomLeft(): number {
    return isClosed || bytes >= options.maxWaitingBytes ? 0 : Math.max(0, options.maxWaiting - count);
  }

  function maxRunningOf(lane: Lane): number {
    return Math.min(maxRunningPerLane, gateOf(lane.id)?.maxRunning ?? maxRunningPerLane);
  }

  function makeReady(lane: Lane): void {
    if (lane.cancelAsking !== null || lane.running >= maxRunningOf(lane)) return;
    for (const priority of priorities) {
      if (lane.ready.has(priority) || !hasWaiting(lane, priority)) continue;
      lane.ready.add(priority);
      rings[priority].push(lane);
    }
  }

  function laneOf(id: string): Lane {
    let lane = lanes.get(id);
    if (lane === undefined) {
      lane = createLane(id);
      lanes.set(id, lane);
    }
    return lane;
  }

  function hasPlace({ subscriptionId, priority }: Delivery, nowMs: number, more: number): boolean {
    if (!isWithinShare(priority, countBy, options.maxWaiting)) return false;
    const lane = lanes.get(subscriptionId);
    const waiting = (lane?.waiting ?? 0) + more;
    const most = lane !== undefined && isStuck(lane, nowMs) ? maxRunningPerLane : roomLeft();
    const gate = gateOf(subscriptionId);
    const ahead = (lane === undefined ? 0 : countAhead(lane, priority)) + more;
    return waiting < most && (gate === null || ahead < gate.maxWaiting);
  }

  /** Milliseconds until the gate lets another begin; the lane is asked again by then. */
  function waitAtGate(lane: Lane, nowMs: number): number {
    const waitMs = gateOf(lane.id)?.enter(nowMs) ?? 0;
    if (waitMs === 0) return 0;
    lane.cancelAsking = clock.after(Math.min(waitMs, askWithinMs), () => {
      lane.cancelAsking = null;
      makeReady(lane);
      if (lane.ready.size > 0) wake();
    });
    return waitMs;
  }

  /** The first of a lane's line if it may begin now. */
  function takeFirst(lane: Lane, priority: Priority, slots: number, nowMs: number): ClaimedDelivery | null {
    const isServed = lane.running > 0 && lane.running >= slots - running;
    if (isServed || lane.running >= maxRunningOf(lane) || lane.cancelAsking !== null) return null;
    return hasWaiting(lane, priority) && waitAtGate(lane, nowMs) === 0 ? takeFromLane(lane, priority) : null;
  }

  function takeUnder(priority: Priority, slots: number, nowMs: number): ClaimedDelivery | null {
    const ring = rings[priority];
    // How many may run in all is the taker's affair; the lower priorities leave some of it to first attempts.
    if (!isWithinShare(priority, runningBy, slots)) return null;
    for (let left = ring.size; left > 0; left -= 1) {
      const lane = ring.shift();
      if (lane === undefined) return null;
      lane.ready.delete(priority);
      const first = takeFirst(lane, priority, slots, nowMs);
      if (first !== null) {
        add(first, -1);
        if (lane.running === 0) lane.movedMs = nowMs;
        lane.running += 1;
        running += 1;
        runningBy[priority] += 1;
      }
      makeReady(lane);
      if (first !== null) return first;
    }
    return null;
  }

  function forgetIfIdle(lane: Lane, nowMs: number): void {
    const hasSlots = priorities.some((priority) => lane.nextSlotMs[priority] > nowMs);
    if (lane.running > 0 || lane.waiting > 0 || lane.cancelAsking !== null || hasSlots) return;
    lanes.delete(lane.id);
  }

  function empty(lane: Lane): ClaimedDelivery[] {
    const all = emptyLane(lane);
    for (const one of all) add(one, -1);
    return all;
  }

  return {
    holder: options.holder,
    get room() {
      return roomLeft();
    },
    reserve(some, nowMs) {
      const byLane = new Map<string, number>();
      return some.filter((one) => {
        const { subscriptionId } = one.delivery;
        const before = byLane.get(subscriptionId) ?? 0;
        if (!hasPlace(one.delivery, nowMs, before)) return false;
        byLane.set(subscriptionId, before + 1);
        add(one, 1);
        return true;
      });
    },
    release(reserved) {
      for (const one of reserved) add(one, -1);
    },
    offer(claimed) {
      for (const one of claimed) {
        const lane = laneOf(one.delivery.subscriptionId);
        pushToLane(lane, one);
        add(one, 1);
        makeReady(lane);
      }
      if (claimed.length > 0) wake();
    },
    hasMore() {
      isMore = true;
      wake();
    },
    turnAway({ subscriptionId, priority }, nowMs) {
      const lane = lanes.get(subscriptionId) ?? createLane(subscriptionId);
      const gate = gateOf(subscriptionId);
      const delayMs = putOffMs(lane, { priority, gate, maxRunningPerLane, nowMs });
      if (delayMs !== null) {
        lanes.set(subscriptionId, lane);
        return delayMs;
      }
      if (lanes.has(subscriptionId)) {
        lane.isMore = true;
        return null;
      }
      isMore = true;
      wake();
      return null;
    },
    take: (slots, nowMs) => turns.next((priority) => takeUnder(priority, slots, nowMs)),
    done({ subscriptionId, priority }, nowMs) {
      const lane = lanes.get(subscriptionId);
      if (lane === undefined || lane.running === 0) return;
      lane.running -= 1;
      running -= 1;
      runningBy[priority] -= 1;
      noteEnd(lane, nowMs);
      if (lane.waiting === 0) lane.putOff = 0;
      if (lane.isMore && lane.waiting <= maxRunningPerLane) {
        lane.isMore = false;
        isMore = true;
      }
      makeReady(lane);
      forgetIfIdle(lane, nowMs);
      if (count > 0 || isMore) wake();
    },
    unused: (subscriptionId) => gateOf(subscriptionId)?.giveBack(),
    askAgain(subscriptionId) {
      const lane = lanes.get(subscriptionId);
      if (lane === undefined) return;
      lane.cancelAsking?.();
      lane.cancelAsking = null;
      makeReady(lane);
      if (lane.ready.size > 0) wake();
    },
    loadOf: (subscriptionId) => lanes.get(subscriptionId) ?? noLoad,
    ids: () => [...lanes.values()].flatMap(idsOfLane),
    empty(subscriptionId) {
      const lane = lanes.get(subscriptionId);
      return lane === undefined ? [] : empty(lane);
    },
    takeOld(nowMs) {
      const old: ClaimedDelivery[] = [];
      for (const lane of lanes.values()) {
        for (const priority of priorities) {
          for (;;) {
            const first = firstOfLane(lane, priority);
            if (first === null || nowMs - first.lockedMs <= beginWithinMs) break;
            takeFromLane(lane, priority);
            add(first, -1);
            old.push(first);
          }
        }
        forgetIfIdle(lane, nowMs);
      }
      return old;
    },
    drain() {
      isClosed = true;
      for (const lane of lanes.values()) lane.cancelAsking?.();
      return [...lanes.values()].flatMap(empty);
    },
    onWake(listener) {
      wake = listener;
    },
    get waiting() {
      return count;
    },
    get running() {
      return running;
    },
    takeMore() {
      const was = isMore;
      isMore = false;
      return was;
    },
  };
}

/** True while a priority may have another of `all`; `countBy` are those that there are. */
function isWithinShare(priority: Priority, countBy: Readonly<Record<Priority, number>>, all: number): boolean {
  if (priority === 'FIRST_ATTEMPT') return true;
  const lower = countBy.RETRY + countBy.REPLAY;
  if (lower > 0 && lower >= all * lowerShare) return false;
  return priority === 'RETRY' || countBy.REPLAY === 0 || countBy.REPLAY < all * replayShare;
}

// The deliveries that this process has locked and not begun: one lane for each webhook subscription, taken in turns, so
// that a slow receiver holds up its own lane only. Knows nothing of the database or of HTTP.
// What lanes share, places to run and room to wait, is shared by one rule: a lane may have another only while more is free
// than it has. A single lane gets half of all, ten that hang get a tenth each, and something is always left for the next.
// First attempts go before retries and these before replays; each of them gets a turn now and then.
import type { Clock } from '../clock.js';
import type { Event } from '../event/event.js';
import { type ClaimedDelivery, type Delivery, type Priority, priorities } from './delivery.js';
import {
  createLane,
  createRing,
  emptyLane,
  type Gate,
  hasWaiting,
  type Lane,
  pushToLane,
  type Ring,
  takeFromLane,
} from './lane.js';

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
   * How long to put off a due delivery that there was no room for, in milliseconds. Null when things move in its lane: then
   * it stays due, and `takeMore` is true when the lane has room again.
   */
  turnAway(subscriptionId: string, nowMs: number): number | null;
  /** The next delivery whose lane may run another when `slots` may run in all, or null. */
  take(slots: number, nowMs: number): ClaimedDelivery | null;
  /** Ends a taken delivery, so that its lane may run another. */
  done(subscriptionId: string, nowMs: number): void;
  /** Says that a lane's gate may let more through than it said. */
  askAgain(subscriptionId: string): void;
  /** Deliveries of a webhook subscription that wait or run. */
  demandOf(subscriptionId: string): number;
  /** Takes out what waits in a lane. */
  empty(subscriptionId: string): ClaimedDelivery[];
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

/** A lane in which nothing ends for this long is stuck. */
const stuckAfterMs = 1000;
const minPutOffMs = 15_000;
const maxPutOffMs = 300_000;
/** A delivery is put off by its lane's spacing this long at most. */
const maxSlotMs = 86_400_000;

/** Which part of what all share a priority may take. */
const shares: Readonly<Record<Priority, number>> = { FIRST_ATTEMPT: 1, RETRY: 0.75, REPLAY: 0.5 };
/** Of sixteen turns, how many begin with which priority. */
const turns: readonly Priority[] = Array.from({ length: 16 }, (_, turn) =>
  turn === 15 ? 'REPLAY' : turn % 4 === 3 ? 'RETRY' : 'FIRST_ATTEMPT',
);

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
  let running = 0;
  let turn = 0;
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

  function isStuck(lane: Lane, nowMs: number): boolean {
    return lane.running > 0 && nowMs - lane.movedMs > stuckAfterMs;
  }

  function hasPlace({ subscriptionId, priority }: Delivery, nowMs: number, more: number): boolean {
    if (countBy[priority] >= options.maxWaiting * shares[priority]) return false;
    const lane = lanes.get(subscriptionId);
    const waiting = (lane?.waiting ?? 0) + more;
    const most = lane !== undefined && isStuck(lane, nowMs) ? maxRunningPerLane : roomLeft();
    const gate = gateOf(subscriptionId);
    return waiting < most && (gate === null || waiting < gate.maxWaiting);
  }

  /** Milliseconds until the gate lets another begin; the lane is asked again by then. */
  function waitAtGate(lane: Lane, nowMs: number): number {
    const waitMs = gateOf(lane.id)?.enter(nowMs) ?? 0;
    if (waitMs === 0) return 0;
    lane.cancelAsking = clock.after(waitMs, () => {
      lane.cancelAsking = null;
      makeReady(lane);
      forgetIfIdle(lane, 0);
      if (lane.ready.size > 0) wake();
    });
    return waitMs;
  }

  function takeUnder(priority: Priority, slots: number, nowMs: number): ClaimedDelivery | null {
    const ring = rings[priority];
    // How many may run in all is the taker's affair; the lower priorities leave some of it to first attempts.
    if (shares[priority] < 1 && running > 0 && running >= slots * shares[priority]) return null;
    for (let left = ring.size; left > 0; left -= 1) {
      const lane = ring.shift();
      if (lane === undefined) return null;
      lane.ready.delete(priority);
      if (!hasWaiting(lane, priority)) continue;
      const isServed = lane.running > 0 && lane.running >= slots - running;
      const isFull = lane.running >= maxRunningOf(lane);
      const first =
        isServed || isFull || lane.cancelAsking !== null || waitAtGate(lane, nowMs) > 0
          ? null
          : takeFromLane(lane, priority);
      if (first !== null) {
        add(first, -1);
        if (lane.running === 0) lane.movedMs = nowMs;
        lane.running += 1;
        running += 1;
      }
      makeReady(lane);
      if (first !== null) return first;
    }
    return null;
  }

  function take(slots: number, nowMs: number): ClaimedDelivery | null {
    turn = (turn + 1) % turns.length;
    const firstAsked = turns[turn] ?? 'FIRST_ATTEMPT';
    const taken = takeUnder(firstAsked, slots, nowMs);
    if (taken !== null) return taken;
    for (const priority of priorities) {
      const other = priority === firstAsked ? null : takeUnder(priority, slots, nowMs);
      if (other !== null) return other;
    }
    return null;
  }

  function forgetIfIdle(lane: Lane, nowMs: number): void {
    if (lane.running > 0 || lane.waiting > 0 || lane.cancelAsking !== null || lane.nextSlotMs > nowMs) return;
    lanes.delete(lane.id);
  }

  /** The lane's next free slot at its own pace, in milliseconds from now; null when it has no pace. */
  function nextSlot(lane: Lane, nowMs: number): number | null {
    const spacingMs = gateOf(lane.id)?.spacingMs ?? 0;
    if (spacingMs === 0) return null;
    const slotMs = Math.max(nowMs + lane.waiting * spacingMs, lane.nextSlotMs);
    lane.nextSlotMs = Math.min(slotMs + spacingMs, nowMs + maxSlotMs);
    return Math.ceil(slotMs - nowMs);
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
    turnAway(subscriptionId, nowMs) {
      const isNew = !lanes.has(subscriptionId);
      const lane = laneOf(subscriptionId);
      const slotMs = nextSlot(lane, nowMs);
      if (slotMs !== null) return slotMs;
      if (isNew) {
        lanes.delete(subscriptionId);
        isMore = true;
        wake();
        return null;
      }
      if (!isStuck(lane, nowMs)) {
        lane.isMore = true;
        return null;
      }
      lane.putOff += 1;
      // Those put off come back little by little, and not all at once again and again.
      return Math.min(maxPutOffMs, minPutOffMs * (1 + lane.putOff / (4 * maxRunningPerLane)));
    },
    take,
    done(subscriptionId, nowMs) {
      const lane = lanes.get(subscriptionId);
      if (lane === undefined || lane.running === 0) return;
      lane.running -= 1;
      running -= 1;
      lane.movedMs = nowMs;
      if (lane.waiting === 0) lane.putOff = 0;
      if (lane.isMore && lane.waiting <= maxRunningPerLane) {
        lane.isMore = false;
        isMore = true;
      }
      makeReady(lane);
      forgetIfIdle(lane, nowMs);
      if (count > 0 || isMore) wake();
    },
    askAgain(subscriptionId) {
      const lane = lanes.get(subscriptionId);
      if (lane === undefined) return;
      lane.cancelAsking?.();
      lane.cancelAsking = null;
      makeReady(lane);
      if (lane.ready.size > 0) wake();
    },
    demandOf(subscriptionId) {
      const lane = lanes.get(subscriptionId);
      return lane === undefined ? 0 : lane.waiting + lane.running;
    },
    empty(subscriptionId) {
      const lane = lanes.get(subscriptionId);
      return lane === undefined ? [] : empty(lane);
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

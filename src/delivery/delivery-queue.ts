// The deliveries that this process has locked and not begun: one lane for each webhook subscription, taken in turns, so
// that a slow receiver holds up its own lane only. Knows nothing of the database or of HTTP.
// What lanes share, places to run and room to wait, is shared by one rule: a lane may have another only while more is free
// than it has. A single lane gets half of all, ten that hang get a tenth each, and something is always left for the next.
import type { Event } from '../event/event.js';
import type { ClaimedDelivery, Delivery } from './delivery.js';

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
  /** Takes everything out; from then on there is no room. */
  drain(): ClaimedDelivery[];
  /** Called when something may have become possible to take. */
  onWake(wake: () => void): void;
  /** Waiting deliveries. */
  readonly waiting: number;
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
}

interface Lane {
  readonly waiting: ClaimedDelivery[];
  /** Index of the first one waiting, so that taking does not move the others. */
  head: number;
  running: number;
  isReady: boolean;
  /** When something ended here, or began while nothing was running. */
  movedMs: number;
  /** Put off since nothing was waiting here. */
  putOff: number;
  /** True when the database has due deliveries of this lane that there was no room for. */
  isMore: boolean;
}

/** A lane in which nothing ends for this long is stuck. */
const stuckAfterMs = 1000;
const minPutOffMs = 15_000;
const maxPutOffMs = 300_000;

/** An empty queue. */
export function createDeliveryQueue(options: DeliveryQueueOptions): DeliveryQueue {
  const lanes = new Map<string, Lane>();
  /** Lanes that have something to take, in the order of their turns. */
  let ready: string[] = [];
  let readyHead = 0;
  let count = 0;
  let bytes = 0;
  let running = 0;
  let isMore = false;
  let isClosed = false;
  let wake: () => void = () => undefined;

  function roomLeft(): number {
    return isClosed || bytes >= options.maxWaitingBytes ? 0 : Math.max(0, options.maxWaiting - count);
  }

  function makeReady(id: string, lane: Lane): void {
    if (lane.isReady || lane.head >= lane.waiting.length || lane.running >= options.maxRunningPerLane) return;
    lane.isReady = true;
    ready.push(id);
  }

  function laneOf(id: string): Lane {
    let lane = lanes.get(id);
    if (lane === undefined) {
      lane = { waiting: [], head: 0, running: 0, isReady: false, movedMs: 0, putOff: 0, isMore: false };
      lanes.set(id, lane);
    }
    return lane;
  }

  function isStuck(lane: Lane, nowMs: number): boolean {
    return lane.running > 0 && nowMs - lane.movedMs > stuckAfterMs;
  }

  function hasPlace(id: string, nowMs: number, more: number): boolean {
    const lane = lanes.get(id);
    const waiting = (lane === undefined ? 0 : lane.waiting.length - lane.head) + more;
    const most = lane !== undefined && isStuck(lane, nowMs) ? options.maxRunningPerLane : roomLeft();
    return waiting < most;
  }

  function nextReady(): string | undefined {
    const id = ready[readyHead];
    readyHead += 1;
    if (readyHead > 1024 && readyHead * 2 > ready.length) {
      ready = ready.slice(readyHead);
      readyHead = 0;
    }
    return id;
  }

  function takeFirst(lane: Lane): ClaimedDelivery | null {
    const first = lane.waiting[lane.head] ?? null;
    if (first === null) return null;
    lane.head += 1;
    if (lane.head * 2 > lane.waiting.length) {
      lane.waiting.splice(0, lane.head);
      lane.head = 0;
    }
    count -= 1;
    bytes -= sizeOf(first.event);
    return first;
  }

  function take(slots: number, nowMs: number): ClaimedDelivery | null {
    for (let left = ready.length - readyHead; left > 0; left -= 1) {
      const id = nextReady();
      const lane = id === undefined ? undefined : lanes.get(id);
      if (id === undefined || lane === undefined) continue;
      lane.isReady = false;
      const isServed = lane.running > 0 && lane.running >= slots - running;
      const first = isServed ? null : takeFirst(lane);
      if (first !== null) {
        if (lane.running === 0) lane.movedMs = nowMs;
        lane.running += 1;
        running += 1;
      }
      makeReady(id, lane);
      if (first !== null) return first;
    }
    return null;
  }

  return {
    holder: options.holder,
    get room() {
      return roomLeft();
    },
    reserve(some, nowMs) {
      const byLane = new Map<string, number>();
      return some.filter(({ event, delivery: { subscriptionId } }) => {
        const before = byLane.get(subscriptionId) ?? 0;
        if (!hasPlace(subscriptionId, nowMs, before)) return false;
        byLane.set(subscriptionId, before + 1);
        count += 1;
        bytes += sizeOf(event);
        return true;
      });
    },
    release(reserved) {
      for (const { event } of reserved) {
        count -= 1;
        bytes -= sizeOf(event);
      }
    },
    offer(claimed) {
      for (const one of claimed) {
        const lane = laneOf(one.delivery.subscriptionId);
        lane.waiting.push(one);
        count += 1;
        bytes += sizeOf(one.event);
        makeReady(one.delivery.subscriptionId, lane);
      }
      if (claimed.length > 0) wake();
    },
    hasMore() {
      isMore = true;
      wake();
    },
    turnAway(subscriptionId, nowMs) {
      const lane = lanes.get(subscriptionId);
      if (lane === undefined) {
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
      return Math.min(maxPutOffMs, minPutOffMs * (1 + lane.putOff / (4 * options.maxRunningPerLane)));
    },
    take,
    done(subscriptionId, nowMs) {
      const lane = lanes.get(subscriptionId);
      if (lane === undefined || lane.running === 0) return;
      lane.running -= 1;
      running -= 1;
      lane.movedMs = nowMs;
      const waiting = lane.waiting.length - lane.head;
      if (waiting === 0) lane.putOff = 0;
      if (lane.isMore && waiting <= options.maxRunningPerLane) {
        lane.isMore = false;
        isMore = true;
      }
      makeReady(subscriptionId, lane);
      if (lane.running === 0 && waiting === 0) lanes.delete(subscriptionId);
      if (count > 0 || isMore) wake();
    },
    drain() {
      isClosed = true;
      const all: ClaimedDelivery[] = [];
      for (const lane of lanes.values()) {
        for (let one = takeFirst(lane); one !== null; one = takeFirst(lane)) all.push(one);
      }
      return all;
    },
    onWake(listener) {
      wake = listener;
    },
    get waiting() {
      return count;
    },
    takeMore() {
      const was = isMore;
      isMore = false;
      return was;
    },
  };
}

function sizeOf(event: Event | null): number {
  return event === null ? 0 : event.dataJson.length;
}

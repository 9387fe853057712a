// The deliveries that this process has locked and not begun: one lane for each webhook subscription, taken in turns, so
// that a slow receiver holds up its own lane only. Knows nothing of the database or of HTTP.
import type { Event } from '../event/event.js';
import type { ClaimedDelivery, Delivery } from './delivery.js';

/** Locked deliveries waiting for their turn. */
export interface DeliveryQueue {
  /** Names this process as the holder of locks. */
  readonly holder: string;
  /** How many more deliveries fit. */
  readonly room: number;
  /** The first of `planned` that there is room for; keeps the room until `release`. */
  reserve<T extends { readonly event: Event; readonly delivery: Delivery }>(planned: readonly T[]): readonly T[];
  /** Gives back reserved room. */
  release(reserved: readonly { readonly event: Event }[]): void;
  /** Puts locked deliveries into their lanes and wakes who takes. */
  offer(claimed: readonly ClaimedDelivery[]): void;
  /** Says that the database has due deliveries which did not fit. */
  hasMore(): void;
  /** The next delivery whose lane may run another, or null. */
  take(): ClaimedDelivery | null;
  /** Ends a taken delivery, so that its lane may run another. */
  done(subscriptionId: string): void;
  /** Takes everything out; from then on there is no room. */
  drain(): ClaimedDelivery[];
  /** Called when something may have become possible to take. */
  onWake(wake: () => void): void;
  /** Waiting deliveries. */
  readonly waiting: number;
  /** True when `hasMore` was said since the last `takeMore`. */
  takeMore(): boolean;
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
}

/** An empty queue. */
export function createDeliveryQueue(options: DeliveryQueueOptions): DeliveryQueue {
  const lanes = new Map<string, Lane>();
  /** Lanes that have something to take, in the order of their turns. */
  let ready: string[] = [];
  let readyHead = 0;
  let count = 0;
  let bytes = 0;
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
      lane = { waiting: [], head: 0, running: 0, isReady: false };
      lanes.set(id, lane);
    }
    return lane;
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

  function take(): ClaimedDelivery | null {
    while (readyHead < ready.length) {
      const id = nextReady();
      const lane = id === undefined ? undefined : lanes.get(id);
      if (id === undefined || lane === undefined) continue;
      lane.isReady = false;
      const first = takeFirst(lane);
      if (first === null) continue;
      lane.running += 1;
      makeReady(id, lane);
      return first;
    }
    return null;
  }

  return {
    holder: options.holder,
    get room() {
      return roomLeft();
    },
    reserve(planned) {
      let fitting = 0;
      for (const { event } of planned) {
        if (roomLeft() === 0) break;
        count += 1;
        bytes += sizeOf(event);
        fitting += 1;
      }
      return planned.slice(0, fitting);
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
    take,
    done(subscriptionId) {
      const lane = lanes.get(subscriptionId);
      if (lane === undefined) return;
      lane.running -= 1;
      makeReady(subscriptionId, lane);
      if (lane.running === 0 && lane.head >= lane.waiting.length) lanes.delete(subscriptionId);
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

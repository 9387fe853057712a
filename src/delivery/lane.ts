// One webhook subscription's part of the queue: what waits there by priority, what runs, and what its gate says. How lanes
// share a process is delivery-queue.ts.
import type { CancelTimer } from '../clock.js';
import { type ClaimedDelivery, type Priority, priorities } from './delivery.js';

/**
 * Says when a lane may begin another delivery, beyond what lanes share: rate limits, most requests at once, receivers that
 * are down. Never throws.
 */
export interface Gate {
  /** 0 when one more may begin now: it is counted. Else milliseconds after which to ask again. */
  enter(nowMs: number): number;
  /** Milliseconds until it would let one begin; counts nothing. */
  waitMs(nowMs: number): number;
  /** What had entered last made no request after all. */
  giveBack(): void;
  /** Most that may run at once. */
  readonly maxRunning: number;
  /** Most deliveries worth keeping in memory for this lane. */
  readonly maxWaiting: number;
  /** Milliseconds between one delivery and the next in the long run; 0 when there is no such limit. */
  readonly spacingMs: number;
}

/** First in, first out; taking does not move the others. */
interface Line {
  items: ClaimedDelivery[];
  head: number;
}

/** A lane. */
export interface Lane {
  readonly id: string;
  readonly lines: Readonly<Record<Priority, Line>>;
  /** Priorities under which it stands among the lanes that have something to take. */
  readonly ready: Set<Priority>;
  waiting: number;
  running: number;
  /** When something ended here, or began while nothing was running. */
  movedMs: number;
  /** Put off since nothing was waiting here. */
  putOff: number;
  /** Milliseconds between two ends while it is busy, as seen lately; 0 when not known. */
  paceMs: number;
  /** When the next delivery that is put off would begin, at the lane's pace. */
  readonly nextSlotMs: Record<Priority, number>;
  /** True when the database has due deliveries of this lane that there was no room for. */
  isMore: boolean;
  /** Set while the gate has said to ask again later. */
  cancelAsking: CancelTimer | null;
}

/** An empty lane. */
export function createLane(id: string): Lane {
  const line = (): Line => ({ items: [], head: 0 });
  return {
    id,
    lines: { FIRST_ATTEMPT: line(), RETRY: line(), REPLAY: line() },
    ready: new Set(),
    waiting: 0,
    running: 0,
    movedMs: 0,
    putOff: 0,
    paceMs: 0,
    nextSlotMs: { FIRST_ATTEMPT: 0, RETRY: 0, REPLAY: 0 },
    isMore: false,
    cancelAsking: null,
  };
}

/** Puts a delivery at the end of its line. */
export function pushToLane(lane: Lane, one: ClaimedDelivery): void {
  lane.lines[one.delivery.priority].items.push(one);
  lane.waiting += 1;
}

/** The first of a line, left there; null when it is empty. */
export function firstOfLane(lane: Lane, priority: Priority): ClaimedDelivery | null {
  const { items, head } = lane.lines[priority];
  return items[head] ?? null;
}

/** Those that wait under a priority and under more urgent ones. */
export function countAhead(lane: Lane, priority: Priority): number {
  let count = 0;
  for (const one of priorities) {
    count += lane.lines[one].items.length - lane.lines[one].head;
    if (one === priority) break;
  }
  return count;
}

/** No lane counts as slower than this, in milliseconds: what interrupts it for a while must not slow it down for long. */
const maxPaceMs = 20;

/** Notes that a delivery has ended. */
export function noteEnd(lane: Lane, nowMs: number): void {
  // Over about the last eight ends; what an idle lane waits for is no pace of its own.
  const passedMs = Math.min(maxPaceMs, nowMs - lane.movedMs);
  if (lane.waiting > 0) lane.paceMs += (passedMs - lane.paceMs) / 8;
  else lane.paceMs = 0;
  lane.movedMs = nowMs;
}

/** Identifiers of what waits. */
export function idsOfLane(lane: Lane): string[] {
  return priorities.flatMap((priority) => {
    const { items, head } = lane.lines[priority];
    return items.slice(head).map(({ delivery }) => delivery.id);
  });
}

/** The first of a line, taken out; null when it is empty. */
export function takeFromLane(lane: Lane, priority: Priority): ClaimedDelivery | null {
  const line = lane.lines[priority];
  const first = line.items[line.head];
  if (first === undefined) return null;
  line.head += 1;
  if (line.head * 2 > line.items.length) {
    line.items.splice(0, line.head);
    line.head = 0;
  }
  lane.waiting -= 1;
  return first;
}

/** Everything that waits, taken out. */
export function emptyLane(lane: Lane): ClaimedDelivery[] {
  const all = priorities.flatMap((priority) => lane.lines[priority].items.splice(lane.lines[priority].head));
  for (const priority of priorities) Object.assign(lane.lines[priority], { items: [], head: 0 });
  lane.waiting = 0;
  return all;
}

/** True when something waits under this priority. */
export function hasWaiting(lane: Lane, priority: Priority): boolean {
  const { items, head } = lane.lines[priority];
  return head < items.length;
}

/** The lanes that have something to take under one priority, in the order of their turns. */
export interface Ring {
  readonly size: number;
  push(lane: Lane): void;
  shift(): Lane | undefined;
}

/** An empty ring. */
export function createRing(): Ring {
  let lanes: Lane[] = [];
  let head = 0;
  return {
    get size() {
      return lanes.length - head;
    },
    push: (lane) => void lanes.push(lane),
    shift() {
      const lane = lanes[head];
      if (lane === undefined) return undefined;
      head += 1;
      if (head > 1024 && head * 2 > lanes.length) {
        lanes = lanes.slice(head);
        head = 0;
      }
      return lane;
    },
  };
}

// Receivers that do not keep up: each waits with its position until it has drained, and is closed when that takes too long.
import type { Clock } from '../clock.js';
import type { Member } from './group.js';
import type { Sink } from './sink.js';
import { eachInSlices, type Slices } from './slices.js';

/** Those who wait for their receivers. */
export interface Lagging {
  /** Members that wait. */
  readonly size: number;
  /** How often one went on. */
  readonly catchUps: number;
  /** How many receivers were closed. */
  readonly closed: number;
  /** Lets a member wait that has seen everything up to a position. */
  add(member: Member, position: number): void;
  remove(member: Member): void;
  /** Closes receivers that have not drained in time. */
  closeStalled(): Promise<void>;
  /** The least position of all who wait; infinite when nobody does. */
  furthest(): number;
}

/** What waiting needs. */
export interface LaggingOptions {
  readonly clock: Clock;
  readonly stallMs: number;
  readonly slices: Slices;
  /** Takes a member back at its position. */
  readonly goOn: (member: Member, position: number) => void;
}

interface Waiting {
  readonly sinceMs: number;
  readonly members: Map<Member, number>;
}

/** Nobody waits yet. */
export function createLagging({ clock, stallMs, slices, goOn }: LaggingOptions): Lagging {
  const bySink = new Map<Sink, Waiting>();
  let catchUps = 0;
  let closed = 0;

  function release(sink: Sink): void {
    const waiting = bySink.get(sink);
    bySink.delete(sink);
    for (const [member, position] of waiting?.members ?? []) {
      catchUps += 1;
      goOn(member, position);
    }
  }

  return {
    get size() {
      let size = 0;
      for (const { members } of bySink.values()) size += members.size;
      return size;
    },
    get catchUps() {
      return catchUps;
    },
    get closed() {
      return closed;
    },
    add(member, position) {
      const { sink } = member;
      const waiting = bySink.get(sink);
      if (waiting !== undefined) {
        waiting.members.set(member, position);
        return;
      }
      bySink.set(sink, { sinceMs: clock.monotonicMs(), members: new Map([[member, position]]) });
      sink.whenDrained(() => release(sink));
    },
    remove(member) {
      const waiting = bySink.get(member.sink);
      if (waiting?.members.delete(member) === true && waiting.members.size === 0) bySink.delete(member.sink);
    },
    async closeStalled() {
      const deadlineMs = clock.monotonicMs() - stallMs;
      const stalled = [...bySink].filter(([, { sinceMs }]) => sinceMs <= deadlineMs);
      await eachInSlices(stalled, slices, ([sink, waiting]) => {
        // It may have drained meanwhile.
        if (bySink.get(sink) !== waiting) return;
        closed += 1;
        bySink.delete(sink);
        sink.closeSlow();
      });
    },
    furthest() {
      let furthest = Number.POSITIVE_INFINITY;
      for (const { members } of bySink.values())
        for (const position of members.values()) furthest = Math.min(furthest, position);
      return furthest;
    },
  };
}

// The hub: shows each event of the log to everybody who follows it. Cohorts take turns; in its turn a cohort reads a few
// events, executes its document once for each that somebody wants, and writes the same bytes to all who want it. Nobody has a
// queue: a receiver that does not keep up leaves its cohort with its position and goes on from there when it has drained.
import type { Clock } from '../clock.js';
import type { Event } from '../event/event.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import {
  addMember,
  type Cohort,
  createCohort,
  createGroup,
  type Group,
  type Member,
  merge,
  removeMember,
  type Selection,
  type Shape,
} from './group.js';
import type { History } from './history.js';
import { createLagging } from './lagging.js';
import type { LiveCounts } from './live-counts.js';
import type { Sink } from './sink.js';
import { createSlices, eachInSlices } from './slices.js';
import type { Tail } from './tail.js';
import { cutTurn } from './turn.js';
import { createWriter } from './writer.js';

/** One operation that wants to follow the log. */
export interface FollowOptions {
  readonly shape: Shape;
  readonly selection: Selection;
  /** Events behind this sequence. */
  readonly after: number;
  readonly sink: Sink;
  /** The operation's id as the sink writes it. */
  readonly id: string;
  /** Called once when the stream cannot go on: `CURSOR_EXPIRED`, or what reading the log rejected with. */
  readonly fail: (reason: unknown) => void;
}

/** Shows the log. */
export interface Hub {
  /** Begins to show; answers what ends it. Nothing is written once it was called. */
  follow(options: FollowOptions): () => void;
  /** Closes receivers that have not drained for too long. To be called again and again. */
  closeStalled(): Promise<void>;
  counts(): LiveCounts;
  /** Shows nothing more; resolves when the turn that runs has ended. */
  close(): Promise<void>;
}

/** What a hub needs. */
export interface HubOptions {
  readonly tail: Tail;
  readonly history: History;
  readonly clock: Clock;
  readonly log: Log;
  readonly cursorOf: (sequence: number) => string;
  /** A receiver that lags for longer without draining is closed, in milliseconds. */
  readonly stallMs: number;
}

/** The hub's share of the event loop: other work is never kept waiting for longer, in milliseconds. */
const sliceMs = 4;

/** A hub over the log. */
export function createHub({ tail, history, clock, log, cursorOf, stallMs }: HubOptions): Hub {
  const groups = new Map<string, Group>();
  const parked = new Set<Cohort>();
  let ready: Cohort[] = [];
  let working: Promise<void> | null = null;
  let isWoken = false;
  let isClosed = false;
  const slices = createSlices(() => clock.monotonicMs(), sliceMs);
  const lagging = createLagging({ clock, stallMs, slices, goOn });
  const writer = createWriter({
    slices,
    cursorOf,
    lag: (member, position) => lagging.add(member, position),
  });
  const count = { subscriptions: 0, ring: 0, log: 0, expired: 0 };

  // Turns.

  function enqueue(cohort: Cohort): void {
    parked.delete(cohort);
    ready.push(cohort);
    start();
  }

  function start(): void {
    if (working !== null || ready.length === 0 || isClosed) return;
    working = work().finally(() => {
      working = null;
      start();
    });
  }

  async function work(): Promise<void> {
    // Whoever gave the hub something to do goes on first.
    await Promise.resolve();
    while (ready.length > 0) {
      const turn = ready;
      ready = [];
      for (const cohort of turn) {
        if (isClosed) return;
        await takeTurn(cohort).catch((error: unknown) => {
          log.error('A turn of the hub failed; its streams end.', { error });
          return failAll(cohort, error);
        });
        const pause = slices.pause();
        if (pause !== null) await pause;
      }
    }
  }

  /** Events of one turn of the loop are shown together. */
  function wake(): void {
    if (isWoken || isClosed) return;
    isWoken = true;
    setImmediate(() => {
      isWoken = false;
      const woken = [...parked];
      parked.clear();
      for (const cohort of woken) enqueue(cohort);
    });
  }
  tail.onAdvance(wake);

  /** Lets others join a cohort that waits; two at one position become one. */
  function openCohort(cohort: Cohort): Cohort | null {
    const { open } = cohort.group;
    const other = open.get(cohort.position);
    if (other === undefined) {
      open.set(cohort.position, cohort);
      return cohort;
    }
    const left = merge(cohort, other);
    if (left === other) return null;
    open.set(cohort.position, cohort);
    parked.delete(other);
    return cohort;
  }

  function closeCohort(cohort: Cohort): void {
    const { open } = cohort.group;
    if (open.get(cohort.position) === cohort) open.delete(cohort.position);
  }

  async function takeTurn(cohort: Cohort): Promise<void> {
    closeCohort(cohort);
    if (cohort.size === 0) return;
    const events = cohort.events ?? history.near(cohort.position);
    if (events === null) return later(cohort, history.read(cohort.position), (read) => keepRead(cohort, read));
    if (events.length === 0) {
      const left = openCohort(cohort);
      if (left !== null) parked.add(left);
      return;
    }
    const first = events[0]?.sequence ?? 0;
    if (first !== cohort.position + 1) return failAll(cohort, expired());
    await show(cohort, cutTurn(events, cohort.group.shape.isLasting));
  }

  function keepRead(cohort: Cohort, read: readonly Event[]): void {
    cohort.events = read;
    if (read.length === 0) void failAll(cohort, expired());
  }

  /** A cohort that waits for something stands aside; the others take their turns meanwhile. */
  function later<T>(cohort: Cohort, promise: Promise<T>, keep: (value: T) => void): void {
    promise.then(
      (value) => {
        keep(value);
        enqueue(cohort);
      },
      (error: unknown) => void failAll(cohort, error),
    );
  }

  async function show(cohort: Cohort, events: readonly Event[]): Promise<void> {
    const { wanted, all } = await writer.choose(cohort, events);
    const rendered = cohort.rendered ?? writer.render(cohort.group, all);
    if (rendered instanceof Promise) {
      // Only what was rendered may be shown: whoever was not asked yet is not in this cohort.
      cohort.events = events;
      return later(cohort, rendered, (results) => {
        cohort.rendered = results;
      });
    }
    cohort.events = null;
    cohort.rendered = null;
    await writer.write(cohort, wanted, rendered);
    cohort.position = events.at(-1)?.sequence ?? cohort.position;
    const left = openCohort(cohort);
    if (left !== null) enqueue(left);
  }

  // Members.

  /** Puts a member that stands at a position into a cohort of that position. */
  function goOn(member: Member, position: number): void {
    const open = member.group.open.get(position);
    if (open !== undefined) {
      addMember(open, member);
      return;
    }
    const cohort = createCohort(member.group, position);
    addMember(cohort, member);
    member.group.open.set(position, cohort);
    enqueue(cohort);
  }

  function leave(member: Member): void {
    if (!members.delete(member)) return;
    const { group, cohort } = member;
    removeMember(member);
    lagging.remove(member);
    if (cohort !== null && cohort.size === 0) {
      closeCohort(cohort);
      parked.delete(cohort);
    }
    group.members -= 1;
    count.subscriptions -= 1;
    if (group.members === 0) groups.delete(group.shape.key);
  }
  const members = new Set<Member>();

  async function failAll(cohort: Cohort, reason: unknown): Promise<void> {
    const all = [...cohort.members.values()].flatMap((sharing) => [...sharing]);
    if (reason instanceof Problem && reason.code === 'CURSOR_EXPIRED') count.expired += all.length;
    // Nobody may be shown anything meanwhile.
    cohort.members.clear();
    cohort.size = 0;
    await eachInSlices(all, slices, (member) => {
      if (!members.has(member)) return;
      leave(member);
      member.fail(reason);
    });
  }

  function countStart(after: number): void {
    if (after >= tail.position) return;
    if (history.near(after) === null) count.log += 1;
    else count.ring += 1;
  }

  return {
    follow({ shape, selection, after, sink, id, fail }) {
      let group = groups.get(shape.key);
      if (group === undefined) {
        group = createGroup(shape);
        groups.set(shape.key, group);
      }
      group.members += 1;
      count.subscriptions += 1;
      countStart(after);
      const member: Member = { group, selection, sink, id, fail, cohort: null };
      members.add(member);
      goOn(member, after);
      return () => leave(member);
    },
    closeStalled: () => lagging.closeStalled(),
    counts() {
      const furthest = ready.reduce(
        (least, { position }) => Math.min(least, position),
        Math.min(tail.position, lagging.furthest()),
      );
      return {
        subscriptions: count.subscriptions,
        groups: groups.size,
        lagging: lagging.size,
        lagEvents: tail.position - furthest,
        ...writer.counts(),
        catchUps: lagging.catchUps,
        resumedFromRing: count.ring,
        resumedFromLog: count.log,
        expired: count.expired,
        closedSlow: lagging.closed,
      };
    },
    async close() {
      isClosed = true;
      await working;
    },
  };
}

function expired(): Problem {
  return new Problem(
    'CURSOR_EXPIRED',
    'events between this position and the oldest one kept are gone; begin anew without after',
    { field: 'after' },
  );
}

// A hub over a log in memory, with receivers whose speed a test decides.
import type { Event } from '../../src/event/event.js';
import type { Batch } from '../../src/live/frames.js';
import type { Shape } from '../../src/live/group.js';
import { createHistory } from '../../src/live/history.js';
import { createHub, type FollowOptions, type Hub } from '../../src/live/hub.js';
import type { Sink } from '../../src/live/sink.js';
import { createTail, type Tail } from '../../src/live/tail.js';
import { createFakeClock, type FakeClock } from './fake-clock.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  createRecordedLog,
  eventOf,
  type MemoryDatabase,
  type MemoryStores,
  newEventOf,
} from './memory-stores.js';

/** A receiver that keeps what it gets. */
export interface TestSink extends Sink {
  /** Sequences of the events that came, by the id of their operation. */
  readonly got: Map<string, number[]>;
  /** What was written, one text for each write. */
  readonly writes: string[];
  /** Bytes that are said to wait. */
  pending: number;
  isClosed: boolean;
  /** Takes all that waits. */
  drain(): void;
}

/** A hub with what it needs. */
export interface LiveStage {
  readonly hub: Hub;
  readonly tail: Tail;
  readonly clock: FakeClock;
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  /** Sequences that were executed, with the key of their group. */
  readonly executed: string[];
  /** Appends the next events and shows them. */
  append(count?: number, parts?: Parameters<typeof newEventOf>[1]): void;
  /** Begins to follow; by default everything from the end, in the group `g`. */
  follow(sink: TestSink, options?: Partial<FollowOptions>): () => void;
  shape(key: string, isLasting?: boolean): Shape;
}

/** Everything. */
export const everything = { wants: (): boolean => true };

/** Bytes beyond which a receiver of these lags. */
const softBytes = 1000;

/** A receiver that takes everything at once unless `pending` is set. */
export function createTestSink(): TestSink {
  const waiting: (() => void)[] = [];
  const got = new Map<string, number[]>();
  const writes: string[] = [];
  return {
    got,
    writes,
    pending: 0,
    isClosed: false,
    offer(batch: Batch, id: string) {
      if (this.pending > softBytes) return -1;
      const text = batch.toFrames(id).toString('latin1');
      writes.push(text);
      const seen = got.get(id) ?? [];
      for (const [, sequence] of text.matchAll(/"sequence":(\d+)/g)) seen.push(Number(sequence));
      got.set(id, seen);
      return text.length;
    },
    whenDrained: (act) => void waiting.push(act),
    closeSlow() {
      this.isClosed = true;
    },
    drain() {
      this.pending = 0;
      for (const act of waiting.splice(0)) act();
    },
  };
}

/** Starts a hub; `before` events are in the log but not in memory. */
export function createLiveStage({ maxEvents = 1000, before = 0 } = {}): LiveStage {
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const [clock, log] = [createFakeClock(), createRecordedLog()];
  let head = 0;
  const insert = (count: number, parts = {}): Event[] => {
    const made = Array.from({ length: count }, (_, index) => eventOf(head + index + 1, parts));
    for (const { sequence } of made) database.events.push({ item: newEventOf(`e${sequence}`, parts), sequence });
    head += count;
    return made;
  };
  insert(before);
  const tail = createTail({ events: stores.events, clock, log, position: before, isShared: false, maxEvents });
  const history = createHistory({ tail, events: stores.events });
  const cursorOf = (sequence: number): string => `c${sequence}`;
  const hub = createHub({ tail, history, clock, log, cursorOf, stallMs: 30_000 });
  const executed: string[] = [];
  const shape = (key: string, isLasting = true): Shape => ({
    key,
    isLasting,
    render({ sequence }) {
      executed.push(`${key} ${sequence}`);
      const json = JSON.stringify({ data: { events: { sequence } } });
      return isLasting ? json : Promise.resolve(json);
    },
  });
  return {
    hub,
    tail,
    clock,
    database,
    stores,
    executed,
    shape,
    append: (count = 1, parts = {}) => tail.show(insert(count, parts)),
    follow: (sink, options = {}) =>
      hub.follow({
        shape: shape('g'),
        selection: everything,
        after: tail.position,
        sink,
        id: '"1"',
        fail: () => undefined,
        ...options,
      }),
  };
}

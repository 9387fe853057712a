// The log of events: gives each accepted event the next dense sequence and reads the log back. Whether an event may be
// published at all is publish.ts; who is told is planned in delivery/.
import { commandWithinMs, within } from '../deadline.js';
import { createGroupCommit } from '../group-commit.js';
import type { Log } from '../log.js';
import { Problem } from '../problem.js';
import { type Appended, createEvent, type Event, type NewEvent } from './event.js';
import type { EventStore } from './event-store.js';

/** The log of events. */
export interface EventLog {
  /**
   * Appends events in order; resolves when they are durable on a majority. Events handed in at the same time by several
   * callers are written together. Throws `STORE_UNAVAILABLE` when it is not known whether they were written.
   */
  append(events: readonly NewEvent[]): Promise<Appended[]>;
  /** Sequence of the latest event, 0 when there is none yet. */
  head(): Promise<number>;
  /** Sequence of the oldest event kept; one more than the head when there is none. */
  oldest(): Promise<number>;
  /** Sequence of the last event accepted before `since`; when all kept ones are later, one less than the oldest. */
  lastBefore(since: Date): Promise<number>;
  /** Resolves when no append is in progress. */
  idle(): Promise<void>;
}

/** What the log needs. */
export interface EventLogOptions {
  readonly store: EventStore;
  readonly log: Log;
  /** Told of new events of this process in the order of their sequences, before their publisher is answered. Must not throw. */
  readonly onAppended: (events: readonly Event[]) => void;
  /** Told when it is not known whether events were appended. Must not throw. */
  readonly onUncertain: () => void;
}

/** Most events in one insert. */
const maxGroup = 1000;
/** Times an insert is tried again because other nodes take the sequences first. */
const maxRaces = 100;

/** What a group's write gives for one event: the rest of a group is not spoiled by what happens to a part of it. */
type Written = Appended | { readonly kind: 'failed'; readonly problem: Problem };

/** The log over a store. Several processes may append to one store at the same time. */
export function createEventLog({ store, log, onAppended, onUncertain }: EventLogOptions): EventLog {
  /** Sequence of the latest event that this process knows of; null when it must be read. */
  let knownHead: number | null = null;

  async function readHead(): Promise<number> {
    const [latest] = await store.read({ descending: true, limit: 1 });
    return latest?.sequence ?? 0;
  }

  async function writeGroup(items: readonly NewEvent[]): Promise<Written[]> {
    const results = new Array<Written>(items.length);
    let next = 0;
    let races = 0;
    try {
      while (next < items.length) {
        knownHead ??= await readHead();
        const rest = next === 0 ? items : items.slice(next);
        const stop = await within(commandWithinMs, store.insert(rest, knownHead + 1));
        const inserted = stop?.inserted ?? rest.length;
        keepAppended(rest.slice(0, inserted), knownHead, results, next);
        knownHead += inserted;
        next += inserted;
        if (stop === null) break;
        const settled = stop.taken === 'sequence' ? null : await settleDuplicate(items[next] as NewEvent, stop.taken);
        if (settled === null) {
          // Another node was faster, or what took the key has been forgotten since. A retried command of ours cannot be
          // the cause: the driver's transaction number makes the server answer it from memory.
          knownHead = null;
          races += 1;
          if (races > maxRaces) throw new Problem('OVERLOADED', 'other nodes append faster than this one gets a turn');
        } else {
          results[next] = settled;
          next += 1;
        }
      }
      return results;
    } catch (error) {
      knownHead = null;
      onUncertain();
      return results.fill({ kind: 'failed', problem: toProblem(error, items.length - next) }, next);
    }
  }

  function toProblem(error: unknown, count: number): Problem {
    if (error instanceof Problem) return error;
    log.error('Could not append events to the log.', { error, count });
    const message = 'the database did not confirm the events; publish again with an idempotencyKey to be sure';
    return new Problem('STORE_UNAVAILABLE', message, { cause: error });
  }

  function keepAppended(appended: readonly NewEvent[], head: number, results: Written[], from: number): void {
    if (appended.length === 0) return;
    const events = appended.map((item, index) => createEvent(item, head + 1 + index));
    for (const [index, event] of events.entries()) results[from + index] = { kind: 'appended', event };
    onAppended(events);
  }

  /** Null when the event that took the key has been forgotten since: then the key is free. */
  async function settleDuplicate(item: NewEvent, taken: 'id' | 'idempotencyKey'): Promise<Appended | null> {
    const { id, idempotencyKey } = item;
    const found = await store.find(taken === 'id' || idempotencyKey === null ? { id } : { idempotencyKey });
    if (found === null) return null;
    const isSame = item.contentHash !== null && found.contentHash === item.contentHash;
    return isSame ? { kind: 'duplicate', event: found.event } : { kind: 'conflict', by: taken };
  }

  const appends = createGroupCommit<NewEvent, Written>({ write: writeGroup, maxItems: maxGroup });

  async function append(events: readonly NewEvent[]): Promise<Appended[]> {
    const written = await appends.addAll(events);
    return written.map((one) => {
      if (one.kind === 'failed') throw one.problem;
      return one;
    });
  }

  async function lastBefore(since: Date): Promise<number> {
    let low = (await oldest()) - 1;
    let high = (await readHead()) + 1;
    // Acceptance times grow with sequences but for the clocks' disagreement between nodes: near enough for a start.
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2);
      const [event] = await store.read({ after: middle - 1, before: high, limit: 1 });
      if (event === undefined || event.publishedAt >= since) high = middle;
      else low = event.sequence;
    }
    return low;
  }

  async function oldest(): Promise<number> {
    const [first] = await store.read({ limit: 1 });
    if (first !== undefined) return first.sequence;
    const head = await readHead();
    // What was appended between the two reads is the oldest, not behind it.
    const [appended] = await store.read({ limit: 1 });
    return appended?.sequence ?? head + 1;
  }

  return { append, head: readHead, oldest, lastBefore, idle: () => appends.idle() };
}

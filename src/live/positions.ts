// Where streams begin: the ends of the log, read once for all who ask at the same time.

import type { EventLog } from '../event/event-log.js';
import { openEventCursor } from '../event/event-selection.js';
import type { Tail } from './tail.js';

/** Finds positions in the log. */
export interface Positions {
  /** Behind everything that was acknowledged before the call. */
  end(): Promise<number>;
  /** Behind a cursor. Throws `CURSOR_INVALID` or `CURSOR_EXPIRED`. */
  behind(cursor: string): Promise<number>;
  /** Before the first event kept that was accepted at or after an instant. */
  since(instant: Date): Promise<number>;
}

/** What finding needs. */
export interface PositionsOptions {
  readonly tail: Tail;
  readonly eventLog: EventLog;
  readonly logId: string;
  /** True when other processes append to the same log. */
  readonly isShared: boolean;
}

/** Positions in a log. */
export function createPositions({ tail, eventLog, logId, isShared }: PositionsOptions): Positions {
  // A log of our own ends where its tail does: an event is there before its publisher is answered.
  const head = isShared ? shareReads(() => eventLog.head()) : async () => tail.position;
  const oldest = shareReads(() => eventLog.oldest());
  const searches = new Map<number, Promise<number>>();
  return {
    end: async () => Math.max(tail.position, await head()),
    behind: (cursor) => openEventCursor(cursor, logId, { head, oldest }),
    since(instant) {
      const sinceMs = instant.getTime();
      const known = searches.get(sinceMs);
      if (known !== undefined) return known;
      const search = eventLog.lastBefore(instant).finally(() => searches.delete(sinceMs));
      searches.set(sinceMs, search);
      return search;
    },
  };
}

/** Reads that begin after the call; those who ask while one is under way share the next. */
function shareReads(read: () => Promise<number>): () => Promise<number> {
  let running: Promise<number> | null = null;
  let next: Promise<number> | null = null;

  function start(): Promise<number> {
    next = null;
    const started = read().finally(() => {
      if (running === started) running = null;
    });
    running = started;
    return started;
  }

  return () => {
    if (running === null) return start();
    next ??= running.then(start, start);
    return next;
  };
}

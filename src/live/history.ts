// The log as streams read it: recent events from memory, older ones in pages that all who need them share.
import type { Event } from '../event/event.js';
import type { EventStore } from '../event/event-store.js';
import type { Tail } from './tail.js';

/** Reads behind positions. */
export interface History {
  /** The events behind a position from memory; empty when there are none yet, null when they must be read. */
  near(position: number): readonly Event[] | null;
  /** Reads events behind a position from the log; empty when they are gone. Rejects when the log cannot be read. */
  read(position: number): Promise<readonly Event[]>;
}

/** What reading needs. */
export interface HistoryOptions {
  readonly tail: Tail;
  readonly events: EventStore;
  /** Events in one page, default 100. */
  readonly pageSize?: number;
  /** Most reads of the log at the same time, default 4. */
  readonly maxReads?: number;
  /** Most bytes of data in the pages kept, default 16 MiB. */
  readonly maxKeptBytes?: number;
}

interface Page {
  readonly events: readonly Event[];
  readonly bytes: number;
}

/** Pages begin at multiples of their size, so that clients at different positions need the same ones. */
export function createHistory(options: HistoryOptions): History {
  const { tail, events, pageSize = 100, maxReads = 4, maxKeptBytes = 16 * 1024 * 1024 } = options;
  const kept = new Map<number, Page>();
  let keptBytes = 0;
  const reading = new Map<number, Promise<readonly Event[]>>();
  const waiting: (() => void)[] = [];
  let reads = 0;

  async function inTurn<T>(read: () => Promise<T>): Promise<T> {
    if (reads >= maxReads) await new Promise<void>((resolve) => waiting.push(resolve));
    else reads += 1;
    try {
      return await read();
    } finally {
      const next = waiting.shift();
      if (next === undefined) reads -= 1;
      else next();
    }
  }

  function keep(start: number, page: readonly Event[]): void {
    // Only what is complete: a page at the end of the log still grows.
    if (page.length < pageSize || page.at(-1)?.sequence !== start + pageSize) return;
    const bytes = page.reduce((sum, { dataJson }) => sum + dataJson.length, 0);
    if (bytes > maxKeptBytes) return;
    kept.set(start, { events: page, bytes });
    keptBytes += bytes;
    for (const [oldest, { bytes: freed }] of kept) {
      if (keptBytes <= maxKeptBytes) break;
      kept.delete(oldest);
      keptBytes -= freed;
    }
  }

  function readPage(start: number): Promise<readonly Event[]> {
    const known = reading.get(start);
    if (known !== undefined) return known;
    const page = inTurn(() => events.read({ after: start, limit: pageSize }));
    reading.set(start, page);
    return page
      .finally(() => reading.delete(start))
      .then((found) => {
        keep(start, found);
        return found;
      });
  }

  return {
    near: (position) => tail.after(position, pageSize),
    async read(position) {
      const start = Math.floor(position / pageSize) * pageSize;
      const page = kept.get(start)?.events ?? (await readPage(start));
      const found = page.filter(({ sequence }) => sequence > position);
      // A page that others asked for earlier may have ended before the event that is wanted.
      return found.length > 0 ? found : inTurn(() => events.read({ after: position, limit: pageSize }));
    },
  };
}

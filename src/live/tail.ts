// The end of the log as this process sees it: follows what is appended here and by other nodes, without holes, and keeps the
// latest events in memory. Who is shown what is hub.ts.
import type { Clock } from '../clock.js';
import type { Event } from '../event/event.js';
import type { EventStore } from '../event/event-store.js';
import type { Log } from '../log.js';

/** The end of the log. */
export interface Tail {
  /** Sequence of the latest event seen. */
  readonly position: number;
  /** How often the change stream was lost. */
  readonly losses: number;
  /** Takes new events of this process. Never throws. */
  show(events: readonly Event[]): void;
  /** Looks how far the log has got, in case something was appended that nobody tells of. Never throws. */
  lookAgain(): void;
  /** Up to `limit` events behind a sequence, as far as they are in memory; null when the first of them is not. */
  after(sequence: number, limit?: number): readonly Event[] | null;
  /** Calls `act` whenever `position` has grown, and at the end. It must not throw. */
  onAdvance(act: () => void): void;
  close(): Promise<void>;
}

/** What a tail needs. */
export interface TailOptions {
  readonly events: EventStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Head of the log at the start. */
  readonly position: number;
  /** True when other processes append to the same log. */
  readonly isShared: boolean;
  /** Most events kept in memory, default 4,096, and most bytes of their data, default 32 MiB. */
  readonly maxEvents?: number;
  readonly maxBytes?: number;
}

const readPage = 500;
const restartAfterMs = 500;

/** A tail that begins at a position. */
export function createTail(options: TailOptions): Tail {
  const { events, clock, log, isShared, maxEvents = 4096, maxBytes = 32 * 1024 * 1024 } = options;
  const stop = new AbortController();
  let position = options.position;
  /** The latest events, dense, ending at `position`. */
  let ring: Event[] = [];
  let ringBytes = 0;
  const listeners: (() => void)[] = [];
  let losses = 0;
  let toldLosses = 0;
  /** Latest sequence known to exist; greater than `position` while others' events are being read. */
  let known = position;
  let isFilling = false;

  function take(event: Event): void {
    ring.push(event);
    ringBytes += event.dataJson.length;
    position = event.sequence;
  }

  function trim(): void {
    let drop = Math.max(0, ring.length - maxEvents);
    let dropped = 0;
    for (let index = 0; index < drop || (ringBytes - dropped > maxBytes && index < ring.length); index += 1) {
      dropped += ring[index]?.dataJson.length ?? 0;
      drop = Math.max(drop, index + 1);
    }
    // Moving the rest costs as much as it is long, so it waits until an eighth can go at once.
    if (drop * 8 < maxEvents && ringBytes - dropped <= maxBytes && ringBytes <= maxBytes) return;
    ring = ring.slice(drop);
    ringBytes -= dropped;
  }

  function tellAll(): void {
    for (const act of listeners) act();
  }

  function show(some: readonly Event[]): void {
    const before = position;
    for (const event of some) {
      if (event.sequence === position + 1) take(event);
    }
    const last = some.at(-1)?.sequence ?? 0;
    if (position > before) {
      trim();
      tellAll();
    }
    if (last > position) notice(last);
  }

  /** Others' events, or ours behind others': read what lies between. */
  function notice(sequence: number): void {
    known = Math.max(known, sequence);
    if (known > position && !isFilling) void fill();
  }

  async function fill(): Promise<void> {
    isFilling = true;
    try {
      while (known > position && !stop.signal.aborted) {
        const found = await events.read({ after: position, limit: readPage });
        const [first] = found;
        if (first === undefined) break;
        if (first.sequence > position + 1) skipTo(first.sequence - 1);
        show(found);
      }
    } catch (error) {
      log.warn('Could not read the end of the log; trying again.', { error });
      await pause();
    } finally {
      isFilling = false;
    }
    if (known > position && !stop.signal.aborted) await pause().then(() => notice(known));
  }

  /** This process slept longer than events are kept. Whoever reads from before gets told so by hub.ts. */
  function skipTo(sequence: number): void {
    log.warn('The log has lost events that this process had not seen; it goes on from the oldest one kept.', {
      from: position,
      to: sequence,
    });
    ring = [];
    ringBytes = 0;
    position = sequence;
  }

  /** Ends early when the tail is closed. */
  function pause(): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        stop.signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = clock.after(restartAfterMs, end);
      stop.signal.addEventListener('abort', end);
    });
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await events.watch(notice, () => void catchUp(), stop.signal);
      } catch (error) {
        losses += 1;
        log.warn('Lost sight of the log; following it anew.', { error });
        await pause();
      }
    }
  }

  async function catchUp(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        const [latest] = await events.read({ descending: true, limit: 1 });
        const missed = (latest?.sequence ?? 0) - position;
        if (losses > toldLosses) log.info('Follows the log again and reads what it missed.', { events: missed });
        toldLosses = losses;
        if (latest !== undefined) notice(latest.sequence);
        return;
      } catch (error) {
        log.warn('Could not read the head of the log; trying again.', { error });
        await pause();
      }
    }
  }

  const following = isShared ? follow() : Promise.resolve();

  return {
    get position() {
      return position;
    },
    get losses() {
      return losses;
    },
    show,
    lookAgain: () => void catchUp(),
    after(sequence, limit = ring.length) {
      if (sequence >= position) return [];
      const first = ring[0]?.sequence ?? position + 1;
      const from = sequence + 1 - first;
      return from < 0 ? null : ring.slice(from, from + limit);
    },
    onAdvance: (act) => void listeners.push(act),
    async close() {
      stop.abort();
      tellAll();
      await following;
    },
  };
}

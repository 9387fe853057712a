// What one live client sees: the events of the log behind its position that it may have and asked for, history first, then
// live. There is no queue for a client: it reads at its own pace, from memory while it is near the end and from the log
// while it is not, so a slow one costs nothing and misses nothing.
import type { Event } from '../event/event.js';
import type { EventStore } from '../event/event-store.js';
import { Problem } from '../problem.js';
import type { Tail } from './tail.js';

/** Where a stream begins and what passes. */
export interface EventStreamOptions {
  readonly tail: Tail;
  readonly events: EventStore;
  /** Events behind this sequence. */
  readonly after: number;
  readonly wants: (event: Event) => boolean;
}

const readPage = 200;
/**
 * An endless stream of events, each once and in order. `next` rejects with `CURSOR_EXPIRED` when the log has lost the
 * position of a client that was too slow. `return` ends it at once, also while a `next` is waiting.
 */
export function streamEvents(options: EventStreamOptions): AsyncIterableIterator<Event> {
  const end = new AbortController();
  const generator = read(options, end.signal);
  const stream: AsyncIterableIterator<Event> = {
    next: () => generator.next(),
    return() {
      end.abort();
      return generator.return(undefined);
    },
    [Symbol.asyncIterator]: () => stream,
  };
  return stream;
}

async function* read(
  { tail, events, after, wants }: EventStreamOptions,
  signal: AbortSignal,
): AsyncGenerator<Event, undefined> {
  let position = after;
  while (!signal.aborted) {
    const found = tail.after(position) ?? (await events.read({ after: position, limit: readPage }));
    if (found.length === 0) {
      await tail.wait(position, signal);
      continue;
    }
    for (const event of found) {
      if (event.sequence !== position + 1) throw expired();
      position = event.sequence;
      if (wants(event)) yield event;
      if (signal.aborted) return;
      const turn = tail.turns.take();
      if (turn !== null) await turn;
    }
  }
}

function expired(): Problem {
  return new Problem(
    'CURSOR_EXPIRED',
    'events between this position and the oldest one kept are gone; begin anew without after',
    {
      field: 'after',
    },
  );
}

// Which events a reader asks for and may have: the same for the history and for live streams.
import { Problem } from '../problem.js';
import { decodeCursor } from './cursor.js';
import type { Event } from './event.js';
import type { EventLog } from './event-log.js';
import { checkEventTypePattern, matchesEventType } from './event-type-pattern.js';
import { compileFilter } from './filter.js';

/** What a reader asks for. */
export interface EventQuery {
  readonly types?: readonly string[] | null | undefined;
  readonly filter?: unknown;
  /** Only events for this application or for all. */
  readonly applicationId: string | null;
}

const maxTypes = 100;

/** The test of a query, compiled once. Throws `NAME_INVALID`, `INVALID_INPUT` or `FILTER_INVALID`. */
export function selectEvents({ types, filter, applicationId }: EventQuery): (event: Event) => boolean {
  if (types != null && (types.length < 1 || types.length > maxTypes)) {
    throw new Problem('INVALID_INPUT', `types must have 1 to ${maxTypes} names or patterns, has ${types.length}`, {
      field: 'types',
    });
  }
  const patterns = (types ?? ['*']).map((text, index) => checkEventTypePattern(text, `types.${index}`));
  const compiled = filter == null ? null : compileFilter(filter, 'filter');
  return (event) =>
    isVisibleTo(applicationId, event) &&
    matchesEventType(patterns, event.type) &&
    (compiled === null || compiled.matches(event));
}

/**
 * True when an event is addressed to an application or to all; with null, for those who may see every event. What is told
 * to a webhook subscription of the platform alone is for no application.
 */
export function isVisibleTo(applicationId: string | null, event: Event): boolean {
  if (applicationId === null || event.applicationId === applicationId) return true;
  return event.applicationId === null && event.onlySubscriptionId === null;
}

/**
 * The sequence that a cursor stands for. Throws `CURSOR_INVALID` when it is not of this log or ahead of it, and
 * `CURSOR_EXPIRED` when the event behind it is gone.
 */
export async function openEventCursor(
  cursor: string,
  logId: string,
  log: Pick<EventLog, 'head' | 'oldest'>,
): Promise<number> {
  const sequence = decodeCursor(cursor, logId, 'after');
  const [head, oldest] = await Promise.all([log.head(), log.oldest()]);
  if (sequence > head)
    throw new Problem('CURSOR_INVALID', 'after is a position that the log has not reached', { field: 'after' });
  if (sequence + 1 < oldest) {
    throw new Problem(
      'CURSOR_EXPIRED',
      'events between this position and the oldest one kept are gone; begin anew without after',
      {
        field: 'after',
      },
    );
  }
  return sequence;
}

/** The tests of queries, compiled once for all who ask the same. */
export interface EventSelections {
  /** The same object for the same query while it is remembered. Throws as `selectEvents`. */
  select(query: EventQuery): EventSelection;
}

/** A compiled query. */
export interface EventSelection {
  readonly wants: (event: Event) => boolean;
}

/** Most characters of all queries remembered: compiled, a filter weighs several times its text. */
const maxRemembered = 2_000_000;

/** Selections remembered within a bound. */
export function createEventSelections(): EventSelections {
  const known = new Map<string, EventSelection>();
  let remembered = 0;
  return {
    select(query) {
      const key = JSON.stringify([query.types ?? null, query.filter ?? null, query.applicationId]);
      const found = known.get(key);
      if (found !== undefined) return found;
      const selection = { wants: selectEvents(query) };
      if (remembered + key.length > maxRemembered) {
        known.clear();
        remembered = 0;
      }
      known.set(key, selection);
      remembered += key.length;
      return selection;
    },
  };
}

// Which subscriptions may want an event of a type, found without looking at the others. Filters are tested by the caller;
// what is kept here is kept fresh by the caller too.
import { patternsThatMatch } from '../event/event-type-pattern.js';

/** What the index has to know of a subscription. */
export interface MatchingEntry {
  readonly id: string;
  /** Patterns as `checkEventTypePattern` allows them; an empty list matches nothing. */
  readonly eventTypes: readonly string[];
  /** Id of the application it belongs to; null when it belongs to none. */
  readonly application: string | null;
}

/** Subscriptions by what they match. No method throws. */
export interface MatchingIndex<T extends MatchingEntry> {
  /** Adds an entry, or replaces the one with its id. Costs as much as it has patterns. Changing it afterwards has no effect. */
  put(entry: T): void;
  /** Forgets an entry; false when there was none. */
  remove(id: string): boolean;
  /** The entry with this id, or null. */
  get(id: string): T | null;
  /** How many entries there are. */
  readonly size: number;
  /**
   * The entries with a pattern that matches the type, each once, in no particular order. An event addressed to an
   * application is for that application's entries and for those of none (the platform's own, which see every event); with
   * `application` null it is for all. Costs as much as there are candidates. Read it to the end before the next `put` or
   * `remove`.
   */
  candidates(eventType: string, application: string | null): Iterable<T>;
}

type Entries<T> = Map<string, T>;
type EntriesByPattern<T> = Map<string, Entries<T>>;

interface Place<T> {
  readonly entry: T;
  readonly patterns: readonly string[];
  readonly application: string | null;
}

/** An empty index. */
export function createMatchingIndex<T extends MatchingEntry>(): MatchingIndex<T> {
  const places = new Map<string, Place<T>>();
  const all: EntriesByPattern<T> = new Map();
  /** Under null: the entries of no application. */
  const byApplication = new Map<string | null, EntriesByPattern<T>>();

  function remove(id: string): boolean {
    const place = places.get(id);
    if (place === undefined) return false;
    places.delete(id);
    drop(all, place, id);
    const own = byApplication.get(place.application);
    if (own !== undefined && drop(own, place, id)) byApplication.delete(place.application);
    return true;
  }

  function put(entry: T): void {
    remove(entry.id);
    const { application } = entry;
    const place = { entry, patterns: [...new Set(entry.eventTypes)], application };
    places.set(entry.id, place);
    add(all, place, entry.id);
    let own = byApplication.get(application);
    if (own === undefined) {
      own = new Map();
      byApplication.set(application, own);
    }
    add(own, place, entry.id);
  }

  return {
    put,
    remove,
    get: (id) => places.get(id)?.entry ?? null,
    get size() {
      return places.size;
    },
    candidates(eventType, application) {
      if (application === null) return eachOnce(all, eventType);
      return bothOf(byApplication.get(application), byApplication.get(null), eventType);
    },
  };
}

function add<T>(entries: EntriesByPattern<T>, place: Place<T>, id: string): void {
  for (const pattern of place.patterns) {
    const found = entries.get(pattern);
    if (found === undefined) entries.set(pattern, new Map([[id, place.entry]]));
    else found.set(id, place.entry);
  }
}

/** True when nothing is left. */
function drop<T>(entries: EntriesByPattern<T>, place: Place<T>, id: string): boolean {
  for (const pattern of place.patterns) {
    const found = entries.get(pattern);
    if (found?.delete(id) === true && found.size === 0) entries.delete(pattern);
  }
  return entries.size === 0;
}

function* bothOf<T>(
  own: EntriesByPattern<T> | undefined,
  platform: EntriesByPattern<T> | undefined,
  eventType: string,
): Generator<T> {
  if (own !== undefined) yield* eachOnce(own, eventType);
  if (platform !== undefined) yield* eachOnce(platform, eventType);
}

function* eachOnce<T>(entries: EntriesByPattern<T>, eventType: string): Generator<T> {
  const found: Entries<T>[] = [];
  for (const pattern of patternsThatMatch(eventType)) {
    const group = entries.get(pattern);
    if (group === undefined) continue;
    for (const [id, entry] of group) {
      if (!found.some((earlier) => earlier.has(id))) yield entry;
    }
    found.push(group);
  }
}

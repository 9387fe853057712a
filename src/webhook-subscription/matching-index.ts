// Which subscriptions may want an event, found without looking at the others: by its type, and by a value that their filters
// ask for. Filters are tested by the caller; what is kept here is kept fresh by the caller too.
import { patternsThatMatch } from '../event/event-type-pattern.js';
import { createKeyReader, type FilterKey, type KeyValue } from '../event/filter-key.js';

/** What the index has to know of a subscription. */
export interface MatchingEntry {
  readonly id: string;
  /** Patterns as `checkEventTypePattern` allows them; an empty list matches nothing. */
  readonly eventTypes: readonly string[];
  /** Id of the application it belongs to; null when it belongs to none. */
  readonly application: string | null;
  /** What an event must have to pass its filter; null when nothing can be said. */
  readonly filterKey: FilterKey | null;
}

/** What the index looks at of an event. */
export interface MatchableEvent {
  readonly type: string;
  /** Addressed to this application, or to all (null). */
  readonly applicationId: string | null;
}

/** Subscriptions by what they match. No method throws. */
export interface MatchingIndex<T extends MatchingEntry> {
  /** Adds an entry, or replaces the one with its id. Costs as much as it has patterns and key values. Changing it afterwards has no effect. */
  put(entry: T): void;
  /** Forgets an entry; false when there was none. */
  remove(id: string): boolean;
  /** The entry with this id, or null. */
  get(id: string): T | null;
  /** How many entries there are. */
  readonly size: number;
  /**
   * The entries with a pattern that matches the type and no key that the event lacks, each once, in no particular order. An
   * event addressed to an application is for that application's entries and for those of none (the platform's own, which see
   * every event); any other is for all. Costs as much as there are candidates, and paths that keys of these patterns name.
   * Read it to the end before the next `put` or `remove`.
   */
  candidates(event: MatchableEvent): Iterable<T>;
}

type Entries<T> = Map<string, T>;

/** Entries that name one pattern. */
interface PatternEntries<T> {
  readonly withoutKey: Entries<T>;
  /** By path, then by value. */
  readonly byPath: Map<string, KeyedEntries<T>>;
}

interface KeyedEntries<T> {
  readonly read: (event: unknown) => ReadonlySet<KeyValue>;
  readonly byValue: Map<KeyValue, Entries<T>>;
}

type EntriesByPattern<T> = Map<string, PatternEntries<T>>;

interface Place<T> {
  readonly entry: T;
  readonly patterns: readonly string[];
  readonly application: string | null;
  readonly key: FilterKey | null;
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
    drop(all, place);
    const own = byApplication.get(place.application);
    if (own !== undefined && drop(own, place)) byApplication.delete(place.application);
    return true;
  }

  function put(entry: T): void {
    remove(entry.id);
    const { application, filterKey: key } = entry;
    const place = { entry, patterns: [...new Set(entry.eventTypes)], application, key };
    places.set(entry.id, place);
    add(all, place);
    let own = byApplication.get(application);
    if (own === undefined) {
      own = new Map();
      byApplication.set(application, own);
    }
    add(own, place);
  }

  return {
    put,
    remove,
    get: (id) => places.get(id)?.entry ?? null,
    get size() {
      return places.size;
    },
    candidates(event) {
      const { applicationId } = event;
      if (applicationId === null) return eachOnce([all], event);
      const own = [byApplication.get(applicationId), byApplication.get(null)];
      return eachOnce(
        own.filter((one) => one !== undefined),
        event,
      );
    },
  };
}

function add<T extends MatchingEntry>(entries: EntriesByPattern<T>, { entry, patterns, key }: Place<T>): void {
  for (const pattern of patterns) {
    let found = entries.get(pattern);
    if (found === undefined) {
      found = { withoutKey: new Map(), byPath: new Map() };
      entries.set(pattern, found);
    }
    if (key === null) found.withoutKey.set(entry.id, entry);
    else addKeyed(found, key, entry);
  }
}

function addKeyed<T extends MatchingEntry>({ byPath }: PatternEntries<T>, { path, values }: FilterKey, entry: T): void {
  let keyed = byPath.get(path);
  if (keyed === undefined) {
    keyed = { read: createKeyReader(path), byValue: new Map() };
    byPath.set(path, keyed);
  }
  for (const value of values) {
    const found = keyed.byValue.get(value);
    if (found === undefined) keyed.byValue.set(value, new Map([[entry.id, entry]]));
    else found.set(entry.id, entry);
  }
}

/** True when nothing is left. */
function drop<T extends MatchingEntry>(entries: EntriesByPattern<T>, { entry, patterns, key }: Place<T>): boolean {
  for (const pattern of patterns) {
    const found = entries.get(pattern);
    if (found === undefined) continue;
    if (key === null) found.withoutKey.delete(entry.id);
    else dropKeyed(found, key, entry.id);
    if (found.withoutKey.size === 0 && found.byPath.size === 0) entries.delete(pattern);
  }
  return entries.size === 0;
}

function dropKeyed<T>({ byPath }: PatternEntries<T>, { path, values }: FilterKey, id: string): void {
  const keyed = byPath.get(path);
  if (keyed === undefined) return;
  for (const value of values) {
    const found = keyed.byValue.get(value);
    if (found?.delete(id) === true && found.size === 0) keyed.byValue.delete(value);
  }
  if (keyed.byValue.size === 0) byPath.delete(path);
}

function* eachOnce<T>(parts: readonly EntriesByPattern<T>[], event: MatchableEvent): Generator<T> {
  const found: Entries<T>[] = [];
  for (const entries of parts) {
    for (const pattern of patternsThatMatch(event.type)) {
      const group = entries.get(pattern);
      if (group !== undefined) collect(group, event, found);
    }
  }
  const [only] = found;
  if (found.length === 1 && only !== undefined) {
    yield* only.values();
    return;
  }
  const seen = new Set<string>();
  for (const entries of found) {
    for (const [id, entry] of entries) {
      if (seen.has(id)) continue;
      seen.add(id);
      yield entry;
    }
  }
}

function collect<T>({ withoutKey, byPath }: PatternEntries<T>, event: MatchableEvent, found: Entries<T>[]): void {
  if (withoutKey.size > 0) found.push(withoutKey);
  for (const { read, byValue } of byPath.values()) {
    for (const value of read(event)) {
      const entries = byValue.get(value);
      if (entries !== undefined) found.push(entries);
    }
  }
}

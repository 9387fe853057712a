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

/** Entries that name one pattern; null for none, as there may be as many patterns as entries. */
interface PatternEntries<T> {
  withoutKey: Entries<T> | null;
  /** By path, then by value. */
  byPath: Map<string, KeyedEntries<T>> | null;
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
  /** The entries of no application, and those of any. */
  const platform: EntriesByPattern<T> = new Map();
  const owned: EntriesByPattern<T> = new Map();
  const byApplication = new Map<string, EntriesByPattern<T>>();

  function remove(id: string): boolean {
    const place = places.get(id);
    if (place === undefined) return false;
    places.delete(id);
    const { application } = place;
    drop(application === null ? platform : owned, place);
    const own = application === null ? undefined : byApplication.get(application);
    if (own !== undefined && application !== null && drop(own, place)) byApplication.delete(application);
    return true;
  }

  function put(entry: T): void {
    remove(entry.id);
    const { application, filterKey: key } = entry;
    const place = { entry, patterns: [...new Set(entry.eventTypes)], application, key };
    places.set(entry.id, place);
    add(application === null ? platform : owned, place);
    if (application === null) return;
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
      const own = applicationId === null ? owned : byApplication.get(applicationId);
      return eachOnce(own === undefined ? [platform] : [own, platform], event);
    },
  };
}

function add<T extends MatchingEntry>(entries: EntriesByPattern<T>, { entry, patterns, key }: Place<T>): void {
  for (const pattern of patterns) {
    let found = entries.get(pattern);
    if (found === undefined) {
      found = { withoutKey: null, byPath: null };
      entries.set(pattern, found);
    }
    if (key !== null) addKeyed(found, key, entry);
    else if (found.withoutKey === null) found.withoutKey = new Map([[entry.id, entry]]);
    else found.withoutKey.set(entry.id, entry);
  }
}

function addKeyed<T extends MatchingEntry>(found: PatternEntries<T>, { path, values }: FilterKey, entry: T): void {
  found.byPath ??= new Map();
  const { byPath } = found;
  let keyed = byPath.get(path);
  if (keyed === undefined) {
    keyed = { read: createKeyReader(path), byValue: new Map() };
    byPath.set(path, keyed);
  }
  for (const value of values) {
    const equal = keyed.byValue.get(value);
    if (equal === undefined) keyed.byValue.set(value, new Map([[entry.id, entry]]));
    else equal.set(entry.id, entry);
  }
}

/** True when nothing is left. */
function drop<T extends MatchingEntry>(entries: EntriesByPattern<T>, { entry, patterns, key }: Place<T>): boolean {
  for (const pattern of patterns) {
    const found = entries.get(pattern);
    if (found === undefined) continue;
    if (key !== null) dropKeyed(found, key, entry.id);
    else if (found.withoutKey?.delete(entry.id) === true && found.withoutKey.size === 0) found.withoutKey = null;
    if (found.withoutKey === null && found.byPath === null) entries.delete(pattern);
  }
  return entries.size === 0;
}

function dropKeyed<T>(found: PatternEntries<T>, { path, values }: FilterKey, id: string): void {
  const keyed = found.byPath?.get(path);
  if (keyed === undefined) return;
  for (const value of values) {
    const equal = keyed.byValue.get(value);
    if (equal?.delete(id) === true && equal.size === 0) keyed.byValue.delete(value);
  }
  if (keyed.byValue.size > 0) return;
  found.byPath?.delete(path);
  if (found.byPath?.size === 0) found.byPath = null;
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
  if (only === undefined) return;
  if (found.length === 1) {
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
  if (withoutKey !== null) found.push(withoutKey);
  for (const { read, byValue } of byPath?.values() ?? []) {
    for (const value of read(event)) {
      const entries = byValue.get(value);
      if (entries !== undefined) found.push(entries);
    }
  }
}

// The copy of all event types in memory: kept fresh by a change stream, told of this process's own writes at once, and compared
// with the store when somebody looks for what is not in it. Rules and writes are event-types.ts.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { EventType } from './event-type.js';
import { collisionKey } from './event-type-name.js';
import type { EventTypeChange, EventTypeStore } from './event-type-store.js';

/** The copy in memory. */
export interface FollowedEventTypes {
  /** By its name; null when there is none. */
  get(name: string): EventType | null;
  /** By the words of its name in PascalCase, which are its own. */
  getByKey(collisionKey: string): EventType | null;
  /** All of them. */
  all(): Iterable<EventType>;
  /** Grows with every change of the copy. */
  readonly revision: number;
  /** Puts what this process has written, or takes away what it has deleted. */
  apply(change: EventTypeChange): void;
  /**
   * Resolves once every write acknowledged before this call, by any node, is in the copy. Throws when the database does not
   * answer.
   */
  caughtUp(): Promise<void>;
  /** Resolves when loaded for the first time. */
  readonly loaded: Promise<void>;
  close(): Promise<void>;
}

/** What the copy needs. */
export interface FollowEventTypesOptions {
  readonly store: Pick<EventTypeStore, 'all' | 'changes' | 'get' | 'watch'>;
  /** Other processes may write too. */
  readonly isShared: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

const restartAfterMs = 500;

/** Starts loading and following at once. */
export function followEventTypes({ store, isShared, clock, log }: FollowEventTypesOptions): FollowedEventTypes {
  const byId = new Map<string, EventType>();
  const byName = new Map<string, EventType>();
  const byKey = new Map<string, EventType>();
  const stop = new AbortController();
  let revision = 0;
  let comparing: Promise<void> | null = null;
  let waiting: Promise<void> | null = null;
  let reportLoaded = (): void => undefined;
  const loaded = new Promise<void>((resolve) => {
    reportLoaded = resolve;
  });

  function put(eventType: EventType): void {
    const { id, name, updatedAt } = eventType;
    const known = byId.get(id);
    if (known !== undefined && known.updatedAt >= updatedAt) return;
    byId.set(id, eventType);
    byName.set(name, eventType);
    byKey.set(collisionKey(name), eventType);
    revision += 1;
  }

  function remove(id: string): void {
    const known = byId.get(id);
    if (known === undefined) return;
    byId.delete(id);
    // The name may have been given to another one meanwhile.
    if (byName.get(known.name)?.id === id) byName.delete(known.name);
    const key = collisionKey(known.name);
    if (byKey.get(key)?.id === id) byKey.delete(key);
    revision += 1;
  }

  function apply(change: EventTypeChange): void {
    if (change.kind === 'put') put(change.eventType);
    else remove(change.id);
  }

  async function load(): Promise<void> {
    // What this process creates meanwhile may not be among what is found.
    const before = [...byId.keys()];
    const found = new Set<string>();
    for await (const eventType of store.all()) {
      found.add(eventType.id);
      put(eventType);
    }
    for (const id of before) if (!found.has(id)) remove(id);
    reportLoaded();
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await store.watch(apply, load, stop.signal);
      } catch (error) {
        log.warn('Lost sight of event types; reading them again.', { error });
        await new Promise<void>((resolve) => clock.after(restartAfterMs, resolve));
      }
    }
  }
  const following = follow();

  async function compare(): Promise<void> {
    const before = [...byId.keys()];
    const changes = await store.changes();
    const changed = [...changes].filter(
      ([id, updatedAt]) => !(Number(byId.get(id)?.updatedAt ?? -1) >= Number(updatedAt)),
    );
    for (const eventType of await Promise.all(changed.map(([id]) => store.get(id))))
      if (eventType !== null) put(eventType);
    for (const id of before) if (!changes.has(id)) remove(id);
  }

  /** A comparison that begins now; those who come while one runs share the next. */
  function caughtUp(): Promise<void> {
    if (!isShared) return loaded;
    waiting ??= (comparing ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        waiting = null;
        comparing = compare();
        return comparing;
      });
    return waiting;
  }

  return {
    get: (name) => byName.get(name) ?? null,
    getByKey: (key) => byKey.get(key) ?? null,
    all: () => byId.values(),
    get revision() {
      return revision;
    },
    apply,
    caughtUp,
    loaded,
    async close() {
      stop.abort();
      await following;
    },
  };
}

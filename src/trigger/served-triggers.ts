// The copy of all triggers that firings look at: in memory, kept fresh by a change stream, with a barrier so that a change
// acknowledged by any node holds on this one. Rules and writes are elsewhere.
import { createCatchUp } from '../catch-up.js';
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { Trigger } from './trigger.js';
import type { TriggerChange, TriggerStore } from './trigger-store.js';

/** The copy in memory. */
export interface ServedTriggers {
  /**
   * The trigger as it is now by every write that was acknowledged before this call; null when there is none. However many
   * ask at a time, the store is asked once. Throws `STORE_UNAVAILABLE`.
   */
  current(id: string): Promise<Trigger | null>;
  /** All there are, as far as is known. */
  all(): Iterable<Trigger>;
  /** Resolves when loaded for the first time. */
  readonly loaded: Promise<void>;
  close(): Promise<void>;
}

const restartAfterMs = 500;

/** Starts loading and following at once. */
export function serveTriggers(options: {
  readonly store: TriggerStore;
  readonly clock: Clock;
  readonly log: Log;
}): ServedTriggers {
  const { store, clock, log } = options;
  const byId = new Map<string, Trigger>();
  const stop = new AbortController();
  const barrier = createCatchUp('triggers', () => store.revision(), clock);
  let setLoaded: () => void = () => undefined;
  const loaded = new Promise<void>((resolve) => {
    setLoaded = resolve;
  });
  /** The barrier that those who ask from now on may share: it has not begun yet. */
  let upcoming: Promise<void> | null = null;
  let running: Promise<void> = Promise.resolve();

  function apply(change: TriggerChange): void {
    switch (change.kind) {
      case 'put': {
        const known = byId.get(change.trigger.id);
        if (known === undefined || known.updatedAt <= change.trigger.updatedAt)
          byId.set(change.trigger.id, change.trigger);
        break;
      }
      case 'remove':
        byId.delete(change.id);
        break;
      case 'revision':
        barrier.see(change.revision);
        break;
      default:
        change satisfies never;
    }
  }

  async function load(): Promise<void> {
    const revision = await store.revision();
    const found = new Set<string>();
    for await (const trigger of store.all()) {
      found.add(trigger.id);
      apply({ kind: 'put', trigger });
    }
    for (const id of byId.keys()) if (!found.has(id)) byId.delete(id);
    barrier.see(revision);
    setLoaded();
  }

  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await store.watch(apply, load, stop.signal);
      } catch (error) {
        barrier.lose();
        log.warn('Lost sight of triggers; reading them again.', { error });
        await new Promise<void>((resolve) => clock.after(restartAfterMs, resolve));
      }
    }
  }
  const following = follow();

  function caughtUp(): Promise<void> {
    upcoming ??= running.then(() => {
      upcoming = null;
      const begun = barrier.caughtUp();
      running = begun.catch(() => undefined);
      return begun;
    });
    return upcoming;
  }

  return {
    async current(id) {
      await caughtUp();
      return byId.get(id) ?? null;
    },
    all: () => byId.values(),
    loaded,
    async close() {
      stop.abort();
      await following;
    },
  };
}

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
   * The trigger as it is now by every write that was acknowledged before this call; null when there is none. At once where
   * this process alone writes. Throws `STORE_UNAVAILABLE`.
   */
  current(id: string): Trigger | null | Promise<Trigger | null>;
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

  const find = (id: string): Trigger | null => byId.get(id) ?? null;

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

  return {
    current(id) {
      const caughtUp = barrier.caughtUp();
      return caughtUp === null ? find(id) : caughtUp.then(() => find(id));
    },
    all: () => byId.values(),
    loaded,
    async close() {
      stop.abort();
      await following;
    },
  };
}

// The barrier before a copy in memory: it opens when the copy has seen every write that was acknowledged before one asked. How
// the copy hears of writes is its owner's affair.
import type { Clock } from './clock.js';
import { within } from './deadline.js';
import { Problem } from './problem.js';

/** The barrier of one copy. */
export interface CatchUp {
  /** The copy has seen everything up to a revision. */
  see(revision: number): void;
  /** The copy may have missed something; it has seen nothing until `see` says so again. */
  lose(): void;
  /**
   * Resolves once every write acknowledged before this call, by any node, is in the copy; null when it is known to be so
   * already. However many ask at a time, the store is asked once. Throws `STORE_UNAVAILABLE` when that takes longer than ten seconds.
   */
  caughtUp(): Promise<void> | null;
}

const catchUpWithinMs = 10_000;

/**
 * A barrier over the revision of the store, which answers at once where nobody else can make it grow; `what` the copy holds is
 * told when it does not come in time.
 */
export function createCatchUp(what: string, readRevision: () => number | Promise<number>, clock: Clock): CatchUp {
  let seen = -1;
  /** The revision that is being read; never rejects. */
  let reading: Promise<void> | null = null;
  /** Those who ask meanwhile share what comes next. */
  let next: Promise<void> | null = null;
  let waiting: { readonly revision: number; readonly resolve: () => void }[] = [];

  async function reach(revision: number): Promise<void> {
    if (seen >= revision) return;
    await new Promise<void>((resolve, reject) => {
      const cancel = clock.after(catchUpWithinMs, () => {
        waiting = waiting.filter((one) => one.resolve !== done);
        reject(new Problem('STORE_UNAVAILABLE', `changes of ${what} did not arrive in time`));
      });
      const done = (): void => {
        cancel();
        resolve();
      };
      waiting.push({ revision, resolve: done });
    });
  }

  function begin(): Promise<void> | null {
    const revision = readRevision();
    if (typeof revision === 'number') return seen >= revision ? null : reach(revision);
    // Those who come later wait for this reading, so it must end.
    const read = within(catchUpWithinMs, revision, clock);
    const isRead = (): void => {
      reading = null;
    };
    reading = read.then(isRead, isRead);
    return read.then(reach);
  }

  return {
    see(revision) {
      seen = Math.max(seen, revision);
      const reached = waiting.filter((one) => one.revision <= seen);
      waiting = waiting.filter((one) => one.revision > seen);
      for (const one of reached) one.resolve();
    },
    lose() {
      seen = -1;
    },
    caughtUp: () => {
      if (reading === null) return begin();
      // What is being read may be older than a write that was acknowledged since it was asked for.
      next ??= reading.then(() => {
        next = null;
        return begin() ?? undefined;
      });
      return next;
    },
  };
}

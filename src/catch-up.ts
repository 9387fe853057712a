// The barrier before a copy in memory: it opens when the copy has seen every write that was acknowledged before one asked. How
// the copy hears of writes is its owner's affair.
import type { Clock } from './clock.js';
import { Problem } from './problem.js';

/** The barrier of one copy. */
export interface CatchUp {
  /** The copy has seen everything up to a revision. */
  see(revision: number): void;
  /** The copy may have missed something; it has seen nothing until `see` says so again. */
  lose(): void;
  /**
   * Resolves once every write acknowledged before this call, by any node, is in the copy. Throws `STORE_UNAVAILABLE` when
   * that takes longer than ten seconds.
   */
  caughtUp(): Promise<void>;
}

const catchUpWithinMs = 10_000;

/** A barrier over the revision of the store; `what` the copy holds is told when it does not come in time. */
export function createCatchUp(what: string, readRevision: () => Promise<number>, clock: Clock): CatchUp {
  let seen = -1;
  let waiting: { readonly revision: number; readonly resolve: () => void }[] = [];

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
    async caughtUp() {
      const revision = await readRevision();
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
    },
  };
}

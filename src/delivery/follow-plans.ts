// On a shared database: says when another process has planned deliveries, which may have left some for others to make, or let ordered
// ones go. What nobody is woken for is found by the next poll.
import type { Clock } from '../clock.js';
import type { PlanMarkStore } from '../event/plan-mark-store.js';
import type { Log } from '../log.js';

/** What following needs. */
export interface FollowPlansOptions {
  readonly planMark: PlanMarkStore;
  /** Called when a process has moved the mark. Must not throw. */
  readonly moved: () => void;
  readonly clock: Clock;
  readonly log: Log;
}

const restartAfterMs = 500;

/** Follows until `close`. */
export function followPlans({ planMark, moved, clock, log }: FollowPlansOptions): { close(): Promise<void> } {
  const stop = new AbortController();
  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      try {
        await planMark.watch(moved, stop.signal);
      } catch (error) {
        log.warn('Lost sight of what others plan; following it anew.', { error });
        await new Promise<void>((resolve) => clock.after(restartAfterMs, resolve));
      }
    }
  }
  const following = follow();
  return {
    async close() {
      stop.abort();
      await following;
    },
  };
}

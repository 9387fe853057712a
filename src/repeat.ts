// Background work that comes again and again. What the work is, its owner says.
import type { CancelTimer, Clock } from './clock.js';
import { within } from './deadline.js';
import type { Log } from './log.js';

/** What is repeated, and how often. */
export interface RepeatOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Milliseconds from the end of one run to the beginning of the next. */
  readonly everyMs: number;
  /** A rejection is logged; the work is tried again the next time. */
  readonly work: () => Promise<void>;
  /** Work that takes longer is not waited for any longer, in milliseconds; without it, it may take as long as it has to do. */
  readonly withinMs?: number;
}

/** Runs work at once and then again and again; it does not overlap itself but when it was late. `close` waits for a running one and ends it. */
export function repeat({ clock, log, everyMs, work, withinMs }: RepeatOptions): { close(): Promise<void> } {
  let cancel: CancelTimer = () => undefined;
  let isClosed = false;
  let running = run();

  async function run(): Promise<void> {
    try {
      await (withinMs === undefined ? work() : within(withinMs, work()));
    } catch (error) {
      log.warn('Background work failed; it is tried again.', { error });
    }
    if (isClosed) return;
    cancel = clock.after(everyMs, () => {
      running = run();
    });
  }

  return {
    async close() {
      isClosed = true;
      cancel();
      await running;
    },
  };
}

// The database's time: what processes that share a database agree on, however wrong the clocks of their machines are.
import type { Clock } from './clock.js';
import type { Log } from './log.js';
import { repeat } from './repeat.js';

/** A clock that shows the database's time. */
export interface StoreTime {
  readonly clock: Clock;
  close(): Promise<void>;
}

const askEveryMs = 30_000;
/** A difference that is no more than this is the time that questions take, in milliseconds. */
const toleranceMs = 100;
/** A difference over this is worth a line in the log, in milliseconds. */
const worthTellingMs = 5000;

/** Asks the database for its time, now and again and again; null when it tells none. Durations stay those of this machine. */
export async function followStoreTime(
  timeOfStore: () => Promise<Date | null>,
  machine: Clock,
  log: Log,
): Promise<StoreTime> {
  let offsetMs = 0;

  async function ask(): Promise<void> {
    const askedMs = machine.now().getTime();
    const told = await timeOfStore();
    const answeredMs = machine.now().getTime();
    if (told === null) return;
    const measuredMs = told.getTime() - (askedMs + answeredMs) / 2;
    const isSlow = answeredMs - askedMs > 2 * toleranceMs;
    if (isSlow || Math.abs(measuredMs - offsetMs) <= toleranceMs) return;
    if (Math.abs(measuredMs - offsetMs) > worthTellingMs) {
      log.warn("The clocks of this machine and of the database disagree; the database's holds.", {
        machineIsAheadMs: Math.round(-measuredMs),
      });
    }
    offsetMs = Math.abs(measuredMs) <= toleranceMs ? 0 : Math.round(measuredMs);
  }

  await ask();
  let isFirst = true;
  const asking = repeat({
    clock: machine,
    log,
    everyMs: askEveryMs,
    async work() {
      if (!isFirst) await ask();
      isFirst = false;
    },
  });
  return {
    clock: {
      now: () => new Date(machine.now().getTime() + offsetMs),
      monotonicMs: () => machine.monotonicMs(),
      after: (delayMs, run) => machine.after(delayMs, run),
    },
    close: () => asking.close(),
  };
}

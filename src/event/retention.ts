// Forgetting: deletes events, and what other rooms keep, once they are older than the retention of their kind, a bounded number
// at a time and at most half of the time. The latest event always stays, so that sequences go on from it, and so does what
// is not planned yet. An event that is to be delivered later leaves the log like any other, but is held until its deliveries must
// be through.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { EventLog } from './event-log.js';
import type { EventStore } from './event-store.js';
import type { PlanMarkStore } from './plan-mark-store.js';

/** What another room keeps. */
export interface ForgettableRecords {
  /** Days after which they are deleted. */
  readonly days: number;
  /** Deletes up to `limit` of those from before an instant; answers how many. */
  readonly forget: (before: Date, limit: number) => Promise<number>;
}

/** What forgetting needs. */
export interface RetentionOptions {
  readonly log: EventLog;
  readonly events: EventStore;
  readonly planMark: PlanMarkStore;
  /** Days after which events are deleted. */
  readonly days: number;
  readonly others: readonly ForgettableRecords[];
  /** How long after its `deliverAt` an event may still be needed by its deliveries, in milliseconds. */
  readonly holdForMs: number;
  readonly clock: Clock;
  readonly logger: Log;
  /** True when what is left is to be left for the next time. */
  readonly isStopping: () => boolean;
}

const batch = 500;
/** Longest rest between two batches, in milliseconds. */
const maxRestMs = 1000;
const dayMs = 86_400_000;

/** Deletes what is older than the retention of its kind; answers how many records. Safe on several nodes at the same time. */
export async function forgetOld(options: RetentionOptions): Promise<number> {
  const { log, events, planMark, days, holdForMs, others, clock, logger } = options;
  const beginOf = (ageDays: number): Date => new Date(clock.now().getTime() - ageDays * dayMs);
  const heldSince = new Date(clock.now().getTime() - holdForMs);
  const lastOld = await log.lastBefore(beginOf(days));
  const keepFrom = Math.min(lastOld + 1, await log.head(), (await planMark.read()) + 1);
  let deleted = await forgetAll((limit) => events.deleteBelow(keepFrom, limit, heldSince), options);
  deleted += await forgetAll((limit) => events.deleteHeld(heldSince, limit), options);
  for (const other of others) {
    const before = beginOf(other.days);
    deleted += await forgetAll((limit) => other.forget(before, limit), options);
  }
  if (deleted > 0) logger.info('Deleted what is older than the retention.', { records: deleted });
  return deleted;
}

async function forgetAll(
  forget: (limit: number) => Promise<number>,
  { clock, isStopping }: RetentionOptions,
): Promise<number> {
  let deleted = 0;
  while (!isStopping()) {
    const beganMs = clock.monotonicMs();
    const some = await forget(batch);
    deleted += some;
    if (some < batch) break;
    // Others have the database for as long as this batch had it.
    const restMs = Math.min(clock.monotonicMs() - beganMs, maxRestMs);
    if (restMs > 0) await new Promise<void>((resolve) => void clock.after(restMs, resolve));
  }
  return deleted;
}

// Forgetting: deletes events, finished deliveries and attempts that are older than the retention, a bounded number at a
// time. The latest event always stays, so that sequences go on from it, and so does what is not planned yet.
import type { Clock } from '../clock.js';
import type { Log } from '../log.js';
import type { EventLog } from './event-log.js';
import type { EventStore } from './event-store.js';
import type { PlanMarkStore } from './plan-mark-store.js';

/** What forgetting needs. */
export interface RetentionOptions {
  readonly log: EventLog;
  readonly events: EventStore;
  readonly planMark: PlanMarkStore;
  /** Deletes up to `limit` of what another room keeps from before an instant; answers how many. */
  readonly others: readonly ((before: Date, limit: number) => Promise<number>)[];
  readonly days: number;
  readonly clock: Clock;
  readonly logger: Log;
}

const batch = 500;
const dayMs = 86_400_000;

/** Deletes everything older than the retention. Safe on several nodes at the same time. */
export async function forgetOld({
  log,
  events,
  planMark,
  others,
  days,
  clock,
  logger,
}: RetentionOptions): Promise<number> {
  const before = new Date(clock.now().getTime() - days * dayMs);
  const lastOld = await log.lastBefore(before);
  const keepFrom = Math.min(lastOld + 1, await log.head(), (await planMark.read()) + 1);
  let deleted = await repeat((limit) => events.deleteBelow(keepFrom, limit));
  for (const forget of others) deleted += await repeat((limit) => forget(before, limit));
  if (deleted > 0) logger.info('Deleted what is older than the retention.', { records: deleted, days });
  return deleted;
}

async function repeat(forget: (limit: number) => Promise<number>): Promise<number> {
  let deleted = 0;
  for (;;) {
    const some = await forget(batch);
    deleted += some;
    if (some < batch) return deleted;
  }
}

// Work that no request asks for: forgetting what is old, and writing down what was counted.
import { retentionOf } from '../config.js';
import type { EventLog } from '../event/event-log.js';
import { forgetOld } from '../event/retention.js';
import { maxScheduleSeconds } from '../retry-policy/retry-settings.js';
import type { Meter } from '../stats/meter.js';
import { keepEveryMs } from '../stats/read-stats.js';
import type { CountTriggers } from '../trigger/trigger-counts.js';
import type { Ground } from './ground.js';
import type { Stores } from './stores.js';

/** What it works on. */
export interface BackgroundOptions {
  readonly stores: Stores;
  readonly eventLog: EventLog;
  readonly meter: Meter;
  readonly triggerCounts: CountTriggers;
  readonly isStopping: () => boolean;
}

const forgetEveryMs = 3_600_000;
/** How long after its `deliverAt` an event is held for its deliveries, in milliseconds: the longest schedule and four days. */
const holdForMs = (maxScheduleSeconds + 4 * 86_400) * 1000;
/** What triggers did is written so often, in milliseconds. */
const countEveryMs = 1000;

/** Starts it; it ends with the process, and what was counted is written before. */
export function startBackground(
  { config, clock, log, onClose, repeatEvery }: Ground,
  { stores, eventLog, meter, triggerCounts, isStopping }: BackgroundOptions,
): void {
  const { eventRetentionDays, deliveryRetentionDays, attemptRetentionDays } = retentionOf(config);
  const others = [
    {
      days: deliveryRetentionDays,
      forget: (before: Date, limit: number) => stores.deliveries.deleteFinished(before, limit),
    },
    {
      days: attemptRetentionDays,
      forget: (before: Date, limit: number) => stores.attempts.deleteBefore(before, limit),
    },
    {
      days: deliveryRetentionDays,
      forget: (before: Date, limit: number) => stores.replays.deleteBefore(before, limit),
    },
  ];
  const { events, planMark } = stores;
  const retention = {
    log: eventLog,
    events,
    planMark,
    days: eventRetentionDays,
    holdForMs,
    others,
    clock,
    logger: log,
  };
  repeatEvery(forgetEveryMs, async () => {
    await forgetOld({ ...retention, isStopping });
    await stores.stats.forget(clock.now());
  });

  const keepStats = async (): Promise<void> => stores.stats.add(meter.drain(), clock.now());
  onClose(keepStats);
  repeatEvery(keepEveryMs, keepStats);
  onClose(() => triggerCounts.write());
  repeatEvery(countEveryMs, () => triggerCounts.write());
}

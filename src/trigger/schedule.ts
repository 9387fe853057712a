// The kind SCHEDULE: its configuration, and firing at each due time. When that is, schedule-times.ts says.
import { Problem } from '../problem.js';
import {
  checkCron,
  createScheduleTimes,
  type MissedPolicy,
  missedPolicies,
  type ScheduleSettings,
} from './schedule-times.js';
import type { RunTools, TriggerKind } from './trigger-kind.js';

const maxIntervalSeconds = 31_622_400;
const minIntervalSeconds = 0.05;
const maxMissedMost = 10_000;
const maxDataBytes = 65_536;
/** A due time that is as late as this was missed, in milliseconds. */
const missedAfterMs = 1000;
/** After a failure of the log it is tried again so soon, in milliseconds. */
const retryAfterMs = 500;

/** Due times by cron or interval. Its mapping sees `{ scheduledAt, data }`. */
export const schedule: TriggerKind = {
  name: 'SCHEDULE',
  inputField: 'schedule',
  defaultMapping: { data: 'data' },
  check(input, now) {
    const given = input as Record<string, unknown>;
    const timeZone = checkTimeZone(given['timeZone']);
    const [startAt, endAt] = [checkInstant(given['startAt']), checkInstant(given['endAt'])];
    if (startAt !== null && endAt !== null && endAt < startAt) throw invalid('endAt', 'must not be before startAt');
    const settings: ScheduleSettings = {
      ...checkRhythm(given, timeZone, now),
      timeZone,
      startAt,
      endAt,
      missed: (given['missed'] as MissedPolicy | undefined) ?? 'ONCE',
      maxMissed: checkMaxMissed(given['maxMissed']),
      data: checkData(given['data']),
    };
    if (!missedPolicies.includes(settings.missed))
      throw invalid('missed', `must be one of ${missedPolicies.join(', ')}`);
    return { settings, secrets: null };
  },
  toOccurrence: (data, now) => ({ scheduledAt: now.toISOString(), data: data ?? null }),
  run: runSchedule,
};

function checkRhythm(
  { cron, intervalSeconds }: Record<string, unknown>,
  timeZone: string,
  now: Date,
): Pick<ScheduleSettings, 'cron' | 'intervalSeconds'> {
  if ((cron == null) === (intervalSeconds == null))
    throw invalid('cron', 'or intervalSeconds must be given, one of the two');
  if (typeof cron === 'string') return { cron: checkCron(cron, timeZone, now), intervalSeconds: null };
  const isInRange =
    typeof intervalSeconds === 'number' &&
    intervalSeconds >= minIntervalSeconds &&
    intervalSeconds <= maxIntervalSeconds;
  if (!isInRange) throw invalid('intervalSeconds', `must be from ${minIntervalSeconds} to ${maxIntervalSeconds}`);
  // Due times are whole milliseconds.
  return { cron: null, intervalSeconds: Math.round(intervalSeconds * 1000) / 1000 };
}

function checkTimeZone(timeZone: unknown): string {
  if (timeZone == null) return 'UTC';
  try {
    if (typeof timeZone !== 'string') throw new TypeError('no text');
    return new Intl.DateTimeFormat('en', { timeZone }).resolvedOptions().timeZone;
  } catch {
    throw invalid('timeZone', 'must be a name of the IANA time zone database, such as Europe/Berlin');
  }
}

function checkInstant(at: unknown): string | null {
  return at instanceof Date ? at.toISOString() : null;
}

function checkMaxMissed(maxMissed: unknown): number {
  if (maxMissed == null) return 100;
  if (Number.isInteger(maxMissed) && Number(maxMissed) >= 1 && Number(maxMissed) <= maxMissedMost)
    return Number(maxMissed);
  throw invalid('maxMissed', `must be a whole number from 1 to ${maxMissedMost}`);
}

function checkData(data: unknown): unknown {
  const bytes = Buffer.byteLength(JSON.stringify(data ?? null));
  if (bytes <= maxDataBytes) return data ?? null;
  throw new Problem('TOO_LARGE', `data must have at most ${maxDataBytes} bytes of JSON, has ${bytes}`, {
    field: 'data',
  });
}

function invalid(field: string, reason: string): Problem {
  return new Problem('INVALID_INPUT', `${field} ${reason}`, { field });
}

/**
 * Fires at each due time until `signal`. The due time is the key of its event: one that was fired and not noted before a
 * crash is a duplicate the second time. A refused event is the trigger's error, and the next due time comes all the same.
 */
async function runSchedule({ trigger, position, savePosition, fire, clock, signal }: RunTools): Promise<void> {
  // As `check` made them.
  const settings = trigger.settings as ScheduleSettings;
  const times = createScheduleTimes(settings, trigger.createdAt);
  // What was due before the latest change is not due any more.
  let handled = new Date(Math.max(typeof position === 'number' ? position : 0, trigger.updatedAt.getTime()));
  const wait = (ms: number): Promise<void> => waitFor(ms, clock, signal);
  while (!signal.aborted) {
    const due = times.next(handled);
    if (due === null) return wait(Number.POSITIVE_INFINITY);
    const untilMs = due.getTime() - clock.now().getTime();
    if (untilMs > 0) {
      await wait(untilMs);
      continue;
    }
    const chosen = chooseMissed(settings, times, due, clock.now());
    for (const at of chosen.fire) {
      if (signal.aborted) return;
      const occurrence = {
        input: { scheduledAt: at.toISOString(), data: settings.data },
        deliveryId: at.toISOString(),
      };
      while (!(await fire([occurrence]))) {
        await wait(retryAfterMs);
        if (signal.aborted) return;
      }
      savePosition(at.getTime());
    }
    handled = chosen.until;
    savePosition(handled.getTime());
  }
}

/** Which of the times that are due now are fired, and until when this settles it. */
function chooseMissed(
  { missed, maxMissed }: ScheduleSettings,
  times: ScheduleTimes,
  first: Date,
  now: Date,
): { readonly fire: readonly Date[]; readonly until: Date } {
  const late: Date[] = [];
  let until = first;
  let due: Date | null = first;
  while (due !== null && due.getTime() <= now.getTime() - missedAfterMs) {
    late.push(due);
    until = due;
    // Only the latest ones can matter.
    if (late.length > maxMissed) late.shift();
    due = times.next(due);
  }
  if (late.length === 0) return { fire: [first], until: first };
  if (missed === 'SKIP') return { fire: [], until };
  return { fire: missed === 'ONCE' ? late.slice(-1) : late, until };
}

type ScheduleTimes = ReturnType<typeof createScheduleTimes>;

/** Longest delay of a timer of the system, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

function waitFor(ms: number, clock: RunTools['clock'], signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      signal.removeEventListener('abort', end);
      cancel();
      resolve();
    };
    const cancel = clock.after(Math.min(ms, maxTimerMs), end);
    signal.addEventListener('abort', end);
    if (signal.aborted) end();
  });
}

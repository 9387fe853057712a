// When a schedule is due: by a cron expression or an interval, in a time zone, between a start and an end. Reads no clock.
import { CronExpressionParser } from 'cron-parser';
import { Problem } from '../problem.js';

/** What a schedule keeps about itself. */
export interface ScheduleSettings {
  /** Five fields, or six with seconds first; null for an interval. */
  readonly cron: string | null;
  readonly intervalSeconds: number | null;
  /** IANA name. */
  readonly timeZone: string;
  /** ISO 8601; an interval is counted from here, or from when the trigger was created. */
  readonly startAt: string | null;
  /** ISO 8601; nothing is due after it. */
  readonly endAt: string | null;
  readonly missed: MissedPolicy;
  readonly maxMissed: number;
  /** `data` of what the mapping sees. */
  readonly data: unknown;
}

/** What becomes of due times that passed while nobody was there. */
export const missedPolicies = ['SKIP', 'ONCE', 'ALL'] as const;

/** What becomes of due times that passed while nobody was there. */
export type MissedPolicy = (typeof missedPolicies)[number];

/** The due times of a schedule. */
export interface ScheduleTimes {
  /** The first one after an instant; null when there is none. */
  next(after: Date): Date | null;
}

/** The times of checked settings; `createdAt` is where an interval without a start is counted from. */
export function createScheduleTimes(settings: ScheduleSettings, createdAt: Date): ScheduleTimes {
  const startAt = settings.startAt === null ? null : new Date(settings.startAt);
  const endAt = settings.endAt === null ? null : new Date(settings.endAt);
  const findNext =
    settings.cron === null ? everySoOften(settings, startAt ?? createdAt) : byCron(settings.cron, settings);
  return {
    next(after) {
      // The start itself may be due.
      const from = startAt !== null && startAt > after ? new Date(startAt.getTime() - 1) : after;
      const found = findNext(from);
      return found === null || (endAt !== null && found > endAt) ? null : found;
    },
  };
}

function everySoOften({ intervalSeconds }: ScheduleSettings, anchor: Date): (after: Date) => Date {
  const everyMs = (intervalSeconds ?? 1) * 1000;
  return (after) => {
    const passed = Math.floor((after.getTime() - anchor.getTime()) / everyMs);
    return new Date(anchor.getTime() + Math.max(0, passed + 1) * everyMs);
  };
}

function byCron(cron: string, { timeZone: tz }: ScheduleSettings): (after: Date) => Date | null {
  return (after) => {
    try {
      return CronExpressionParser.parse(cron, { currentDate: after, tz }).next().toDate();
    } catch {
      // What can be read was checked when it was set: it never comes again.
      return null;
    }
  };
}

/** Checks a cron expression and that it is due some day. Throws `INVALID_INPUT` on `cron`. */
export function checkCron(cron: string, timeZone: string, now: Date): string {
  const text = cron.trim().replace(/\s+/g, ' ');
  const refuse = (reason: string): never => {
    throw new Problem('INVALID_INPUT', `cron ${reason}`, { field: 'cron' });
  };
  const fields = text.split(' ').length;
  if (text.length > 256) return refuse('must have at most 256 characters');
  if (fields !== 5 && fields !== 6)
    return refuse('must have five fields (minute, hour, day of month, month, day of week), or six with seconds first');
  let parsed: ReturnType<typeof CronExpressionParser.parse>;
  try {
    parsed = CronExpressionParser.parse(text, { currentDate: now, tz: timeZone });
  } catch (error) {
    return refuse(`cannot be read: ${error instanceof Error ? error.message : 'unknown reason'}`);
  }
  try {
    parsed.next();
  } catch {
    return refuse('is never due');
  }
  return text;
}

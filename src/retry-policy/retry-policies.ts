// The list of kinds of schedule: a new one is a file beside this and a line here.
import { Problem } from '../problem.js';
import { delayList } from './delay-list.js';
import { exponential } from './exponential.js';
import type { ScheduleInput, ScheduleKind } from './retry-schedule.js';
import { standardSchedule } from './standard-schedule.js';

/** All kinds; the first is the default. */
export const scheduleKinds = [standardSchedule, delayList, exponential] as const satisfies readonly ScheduleKind[];

/** The name of a kind as in the API. */
export type ScheduleName = (typeof scheduleKinds)[number]['name'];

/** When to try again, before jitter. */
export interface RetrySchedule {
  readonly name: ScheduleName;
  /** Delays in milliseconds before the second, third, … attempt; the first is made at once. */
  readonly delaysMs: readonly number[];
}

/** The schedule that an input asks for. Throws `INVALID_INPUT` for two at once, and as its kind does. */
export function readSchedule(input: ScheduleInput, field: string): RetrySchedule {
  const [schedule, another] = scheduleKinds.flatMap((kind) => {
    const delaysMs = kind.read(input, field);
    return delaysMs === null ? [] : { name: kind.name, delaysMs };
  });
  if (schedule === undefined) throw new RangeError('no kind of schedule reads this input');
  if (another === undefined) return schedule;
  throw new Problem('INVALID_INPUT', `${field} must not have both delaysSeconds and exponential`, { field });
}

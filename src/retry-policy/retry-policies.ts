// The list of kinds of schedule: a new one is a file beside this and a line here.
import { Problem } from '../problem.js';
import { delayList } from './delay-list.js';
import { exponential } from './exponential.js';
import type { RetrySchedule, ScheduleInput, ScheduleKind } from './retry-schedule.js';
import { standardSchedule } from './standard-schedule.js';

/** All kinds; the first is the default. */
export const scheduleKinds = [standardSchedule, delayList, exponential] as const satisfies readonly ScheduleKind[];

/** The name of a kind as in the API. */
export type ScheduleName = (typeof scheduleKinds)[number]['name'];

/** The schedule that an input asks for. Throws `INVALID_INPUT` for two at once, and as its kind does. */
export function readSchedule(input: ScheduleInput, field: string): RetrySchedule {
  const [schedule, another] = scheduleKinds.flatMap((kind) => kind.read(input, field) ?? []);
  if (schedule === undefined) throw new RangeError('no kind of schedule reads this input');
  if (another === undefined) return schedule;
  throw new Problem('INVALID_INPUT', `${field} must not have both delaysSeconds and exponential`, { field });
}

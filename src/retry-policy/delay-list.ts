// A schedule given as a list of delays.
import { checkNumber } from '../number.js';
import { Problem } from '../problem.js';
import { delayRange, maxAttempts, type ScheduleKind } from './retry-schedule.js';

/** Delays one by one: at most 49 of 0.1 to 302,400 seconds each; an empty list is a single attempt. */
export const delayList = {
  name: 'LIST',
  read({ delaysSeconds }, field) {
    if (delaysSeconds == null) return null;
    if (delaysSeconds.length >= maxAttempts) {
      const message = `${field}.delaysSeconds must have 0 to ${maxAttempts - 1} delays, has ${delaysSeconds.length}`;
      throw new Problem('INVALID_INPUT', message, { field: `${field}.delaysSeconds` });
    }
    return delaysSeconds.map((seconds, index) =>
      Math.round(1000 * checkNumber(seconds, `${field}.delaysSeconds.${index}`, delayRange)),
    );
  },
} as const satisfies ScheduleKind;

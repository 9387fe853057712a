// The default schedule: ten attempts over about three days, as Standard Webhooks gives it as an example.
import type { ScheduleKind } from './retry-schedule.js';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** Delays in milliseconds before the second, third, … attempt; the first is made at once. */
export const standardDelaysMs: readonly number[] = [
  5 * secondMs,
  5 * minuteMs,
  30 * minuteMs,
  2 * hourMs,
  5 * hourMs,
  10 * hourMs,
  14 * hourMs,
  20 * hourMs,
  24 * hourMs,
];

/** The schedule of whoever asks for no other. */
export const standardSchedule = {
  name: 'STANDARD',
  read: ({ delaysSeconds, exponential }) => (delaysSeconds == null && exponential == null ? standardDelaysMs : null),
} as const satisfies ScheduleKind;

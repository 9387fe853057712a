// A schedule whose delays grow by a factor up to a cap.
import { checkNumber, checkWholeNumber } from '../number.js';
import { delayRange, type ExponentialInput, maxAttempts, type ScheduleKind } from './retry-schedule.js';

/** An exponential schedule with all its values. */
export interface ExponentialSettings {
  /** Seconds before the second attempt. */
  readonly baseSeconds: number;
  /** Each delay is this many times the one before. */
  readonly factor: number;
  /** No delay is longer, in seconds. */
  readonly capSeconds: number;
  /** The first included. */
  readonly attempts: number;
}

const maxBaseSeconds = 86_400;

/** What is not given: 15 attempts within 14 hours, and within two days for any other factor. A longer base is its own cap. */
export const exponentialDefaults: ExponentialSettings = { baseSeconds: 5, factor: 2, capSeconds: 14_400, attempts: 15 };

/**
 * All values: base from 0.1 to 86,400 seconds, factor from 1 to 10, cap from the base to 302,400 seconds, 1 to 50 attempts.
 * Throws `INVALID_INPUT` on the field that is out of its range.
 */
export function checkExponential(input: ExponentialInput, field: string): ExponentialSettings {
  const { baseSeconds, factor, capSeconds, attempts } = exponentialDefaults;
  const base = checkNumber(input.baseSeconds ?? baseSeconds, `${field}.baseSeconds`, {
    min: delayRange.min,
    max: maxBaseSeconds,
  });
  return {
    baseSeconds: base,
    factor: checkNumber(input.factor ?? factor, `${field}.factor`, { min: 1, max: 10 }),
    capSeconds: checkNumber(input.capSeconds ?? Math.max(base, capSeconds), `${field}.capSeconds`, {
      min: base,
      max: delayRange.max,
    }),
    attempts: checkWholeNumber(input.attempts ?? attempts, `${field}.attempts`, { min: 1, max: maxAttempts }),
  };
}

/** Delays that grow: `base * factor ** n`, at most the cap. */
export const exponential = {
  name: 'EXPONENTIAL',
  read(input, field) {
    if (input.exponential == null) return null;
    const { baseSeconds, factor, capSeconds, attempts } = checkExponential(input.exponential, `${field}.exponential`);
    return Array.from({ length: attempts - 1 }, (_, index) =>
      Math.round(1000 * Math.min(capSeconds, baseSeconds * factor ** index)),
    );
  },
} as const satisfies ScheduleKind;

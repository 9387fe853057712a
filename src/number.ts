// Checks of number inputs that several rooms share. What a number is for belongs to its room.
import { Problem } from './problem.js';

/** A range, both ends included. */
export interface Range {
  readonly min: number;
  readonly max: number;
}

/** The number when it lies in the range. Throws `INVALID_INPUT` that names the field, the range and the number. */
export function checkNumber(value: number, field: string, { min, max }: Range): number {
  if (value >= min && value <= max) return value;
  throw new Problem('INVALID_INPUT', `${field} must be from ${min} to ${max}, got ${value}`, { field });
}

/** Like `checkNumber`, for whole numbers. */
export function checkWholeNumber(value: number, field: string, { min, max }: Range): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Problem('INVALID_INPUT', `${field} must be a whole number from ${min} to ${max}, got ${value}`, { field });
}

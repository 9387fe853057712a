// $eq and $ne: is a value there, and is none. Also what a filter means that names no operator.

import { toOperand } from './operand.js';
import { type FieldOperator, type FieldPlace, not, type Test } from './operator.js';
import { compareValues } from './value-order.js';

/** A test for values equal to `operand`; null also equals an absent value. */
export function equals(operand: unknown): Test {
  if (operand === null) return (value) => value === null || value === undefined;
  if (typeof operand === 'object') return (value) => typeof value === 'object' && compareValues(value, operand) === 0;
  return (value) => value === operand;
}

/** `$eq`: some value equals the operand. */
export const eq: FieldOperator = {
  name: '$eq',
  compile: (operand: unknown, place: FieldPlace) => place.some(equals(toOperand(operand, place))),
};

/** `$ne`: no value equals the operand. */
export const ne: FieldOperator = {
  name: '$ne',
  compile: (operand, place) => not(eq.compile(operand, place)),
};

// $gt, $gte, $lt and $lte: values of the operand's kind that come after or before it.
import { toOperand } from './operand.js';
import type { FieldOperator, Test } from './operator.js';
import { compareValues, kindOf } from './value-order.js';

/** `$gt`: some value is greater. */
export const gt = ordering('$gt', (order) => order > 0);
/** `$gte`: some value is greater or equal. */
export const gte = ordering('$gte', (order) => order >= 0);
/** `$lt`: some value is less. */
export const lt = ordering('$lt', (order) => order < 0);
/** `$lte`: some value is less or equal. */
export const lte = ordering('$lte', (order) => order <= 0);

function ordering(name: string, accepts: (order: number) => boolean): FieldOperator {
  return { name, compile: (operand, place) => place.some(ordered(toOperand(operand, place), accepts)) };
}

function ordered(operand: unknown, accepts: (order: number) => boolean): Test {
  if (typeof operand === 'number') return (value) => typeof value === 'number' && accepts(value - operand);
  const kind = kindOf(operand);
  if (kind === 'null') return (value) => (value === null || value === undefined) && accepts(0);
  return (value) => kindOf(value) === kind && accepts(compareValues(value, operand));
}

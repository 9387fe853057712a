// $in and $nin: is a value one of a list, and is none.
import { equals } from './equality.js';
import { toOperand } from './operand.js';
import { type FieldOperator, isFilterObject, not, type Test } from './operator.js';

/** The most values that `$in`, `$nin` and `$all` may list. */
export const maxListedValues = 1_000;

/** `$in`: some value equals one of the list. */
export const isIn: FieldOperator = {
  name: '$in',
  compile(operand, place) {
    if (!Array.isArray(operand)) return place.refuse('takes an array');
    if (operand.length > maxListedValues) return place.refuse(`lists more than ${maxListedValues} values`);
    if (operand.some((value) => isFilterObject(value) && Object.keys(value)[0]?.startsWith('$') === true)) {
      return place.refuse('takes plain values, no operators');
    }
    return place.some(isOneOf(operand.map((value) => toOperand(value, place))));
  },
};

/** `$nin`: no value equals one of the list. */
export const nin: FieldOperator = {
  name: '$nin',
  compile: (operand, place) => not(isIn.compile(operand, place)),
};

function isOneOf(values: readonly unknown[]): Test {
  const scalars = new Set(values.filter((value) => typeof value !== 'object' || value === null));
  if (scalars.has(null)) scalars.add(undefined);
  const others = values.filter((value) => typeof value === 'object' && value !== null).map(equals);
  if (others.length === 0) return (value) => scalars.has(value);
  return (value) => scalars.has(value) || others.some((test) => test(value));
}

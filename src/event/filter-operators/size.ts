// $size: has an array so many elements.
import type { FieldOperator } from './operator.js';

/** `$size`: the value is an array of exactly so many elements. */
export const size: FieldOperator = {
  name: '$size',
  compile(operand, place) {
    if (!Number.isSafeInteger(operand) || Number(operand) < 0) return place.refuse('takes a whole number from 0');
    return place.whole((value) => Array.isArray(value) && value.length === operand);
  },
};

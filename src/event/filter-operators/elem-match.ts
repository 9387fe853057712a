// $elemMatch: does one element of an array match all of something.

import { and, nor, or } from './logic.js';
import { type FieldOperator, isFilterObject } from './operator.js';

const queryNames: readonly string[] = [and.name, or.name, nor.name];

/** `$elemMatch`: the value is an array, and one of its elements matches the filter or the expression of operators. */
export const elemMatch: FieldOperator = {
  name: '$elemMatch',
  compile(operand, place) {
    if (!isFilterObject(operand)) return place.refuse('takes an object');
    const firstName = Object.keys(operand)[0];
    if (firstName?.startsWith('$') === true && !queryNames.includes(firstName)) {
      const test = place.valueExpression(operand);
      return place.whole((value) => Array.isArray(value) && value.some(test));
    }
    const matches = place.query(operand);
    const isMatch = (element: unknown) => typeof element === 'object' && element !== null && matches(element);
    return place.whole((value) => Array.isArray(value) && value.some(isMatch));
  },
};

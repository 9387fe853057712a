// $exists: is there a value at all, be it null.
import { type FieldOperator, not } from './operator.js';

/** `$exists: true`: there is a value; `false`: there is none. */
export const exists: FieldOperator = {
  name: '$exists',
  compile(operand, place) {
    if (typeof operand !== 'boolean') return place.refuse('takes true or false');
    const isThere = place.some((value) => value !== undefined);
    return operand ? isThere : not(isThere);
  },
};

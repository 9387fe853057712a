// $not: turns an expression on a path round.
import { type FieldOperator, not as opposite } from './operator.js';

/** `$not`: the expression of operators does not match. */
export const not: FieldOperator = {
  name: '$not',
  compile: (operand, place) => opposite(place.expression(operand)),
};

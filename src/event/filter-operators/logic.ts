// $and, $or and $nor: filters put together.
import { every, not, type OperatorPlace, type QueryOperator, some, type Test } from './operator.js';

/** `$and`: all branches match. */
export const and: QueryOperator = { name: '$and', compile: (operand, place) => every(branches(operand, place)) };
/** `$or`: at least one branch matches. */
export const or: QueryOperator = { name: '$or', compile: (operand, place) => some(branches(operand, place)) };
/** `$nor`: no branch matches. */
export const nor: QueryOperator = { name: '$nor', compile: (operand, place) => not(some(branches(operand, place))) };

function branches(operand: unknown, place: OperatorPlace): Test[] {
  if (!Array.isArray(operand) || operand.length === 0) return place.refuse('takes an array of at least one filter');
  return operand.map((filter: unknown, index) => place.query(filter, String(index)));
}

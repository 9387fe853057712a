// $all: are all values of a list there.
import { elemMatch } from './elem-match.js';
import { eq } from './equality.js';
import { maxListedValues } from './in.js';
import { every, type FieldOperator, isFilterObject } from './operator.js';

/** `$all`: for each listed value some value is equal, or each listed `$elemMatch` matches. An empty list matches nothing. */
export const all: FieldOperator = {
  name: '$all',
  compile(operand, place) {
    if (!Array.isArray(operand)) return place.refuse('takes an array');
    if (operand.length > maxListedValues) return place.refuse(`lists more than ${maxListedValues} values`);
    if (operand.length === 0) return () => false;
    const listsElemMatch = operand.some((value) => isFilterObject(value) && Object.hasOwn(value, elemMatch.name));
    if (listsElemMatch) return every(operand.map((value: unknown, index) => compileElemMatch(value, index)));
    if (operand.some((value) => isFilterObject(value) && Object.keys(value)[0]?.startsWith('$') === true)) {
      return place.refuse('takes plain values, or $elemMatch expressions alone');
    }
    return every(operand.map((value: unknown) => eq.compile(value, place)));

    function compileElemMatch(value: unknown, index: number) {
      if (isFilterObject(value) && Object.keys(value).join() === elemMatch.name)
        return place.expression(value, String(index));
      return place.refuse('takes plain values, or $elemMatch expressions alone');
    }
  },
};

// $regex and its $options: strings in which a pattern is found.
import type { FieldOperator, FieldPlace } from './operator.js';

/** `$regex`: the pattern is found in some string. Written as in JavaScript, matched in linear time. */
export const regex: FieldOperator = {
  name: '$regex',
  compile(operand, place) {
    if (typeof operand !== 'string') return place.refuse('takes a string');
    return place.some(place.pattern(operand, flagsOf(place)));
  },
};

/** `$options` beside `$regex`: any of `i` (ignore case), `m` (`^` and `$` at every line) and `s` (the dot matches line ends). */
export const options: FieldOperator = {
  name: '$options',
  compile(_operand, place) {
    return Object.hasOwn(place.siblings, regex.name) ? () => true : place.refuse('needs $regex beside it');
  },
};

function flagsOf(place: FieldPlace): string {
  const flags = place.siblings[options.name] ?? '';
  if (typeof flags === 'string' && /^[ims]*$/.test(flags)) return flags;
  return place.refuse('knows the $options i, m and s, in one string');
}

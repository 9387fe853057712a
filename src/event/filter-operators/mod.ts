// $mod: what a division leaves.
import type { FieldOperator } from './operator.js';

/** `$mod: [divisor, remainder]`: some number leaves the remainder; all three are cut to whole numbers first. */
export const mod: FieldOperator = {
  name: '$mod',
  compile(operand, place) {
    const [divisor, remainder] = (Array.isArray(operand) ? operand : []).map(wholeNumber);
    if (
      !Array.isArray(operand) ||
      operand.length !== 2 ||
      remainder === undefined ||
      divisor === undefined ||
      divisor === 0
    ) {
      return place.refuse('takes [divisor, remainder], two numbers, the first not 0');
    }
    return place.some((value) => {
      const number = wholeNumber(value);
      return number !== undefined && number % divisor === remainder;
    });
  },
};

/** Undefined for what is no number, or none that 64 bits hold. */
function wholeNumber(value: unknown): number | undefined {
  return typeof value === 'number' && value >= -(2 ** 63) && value < 2 ** 63 ? Math.trunc(value) : undefined;
}

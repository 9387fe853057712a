// $type: is a value of a kind, by its BSON name or number.
import type { FieldOperator, Test } from './operator.js';
import { type Kind, kindOf } from './value-order.js';

const isInt32 = (value: number) => Number.isInteger(value) && Math.abs(value + 0.5) < 2 ** 31;

// JSON has one kind of number. A whole number is an int where 32 bits hold it, else a long where JavaScript knows it
// exactly, else a double.
const tests: ReadonlyMap<string | number, Test> = new Map<string | number, Test>([
  ...type('double', 1, (value) => typeof value === 'number' && !Number.isSafeInteger(value)),
  ...type('string', 2, isOf('string')),
  ...type('object', 3, isOf('object')),
  ...type('array', 4, isOf('array')),
  ...type('bool', 8, isOf('boolean')),
  ...type('date', 9, isOf('date')),
  ...type('null', 10, isOf('null')),
  ...type('int', 16, (value) => typeof value === 'number' && isInt32(value)),
  ...type('long', 18, (value) => typeof value === 'number' && Number.isSafeInteger(value) && !isInt32(value)),
  ['number', isOf('number')],
]);

/** `$type`: some value is of the type, or of one of the types listed. */
export const isType: FieldOperator = {
  name: '$type',
  compile(operand, place) {
    const wanted = (Array.isArray(operand) ? operand : [operand]).map((name: unknown) => {
      const test = typeof name === 'string' || typeof name === 'number' ? tests.get(name) : undefined;
      const known = [...tests.keys()].join(', ');
      return test ?? place.refuse(`knows no type ${JSON.stringify(name)}; events have ${known}`);
    });
    if (wanted.length === 0) return place.refuse('takes at least one type');
    return place.some((value) => wanted.some((test) => test(value)));
  },
};

function type(name: string, number: number, test: Test): [string | number, Test][] {
  return [
    [name, test],
    [number, test],
  ];
}

function isOf(kind: Kind): Test {
  return (value) => kindOf(value) === kind;
}

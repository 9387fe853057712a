// What an operator of the filter language is, and what it gets to work with. The operators are in files of their own, the
// list of them in operators.ts.

/** Whether a value matches: an event, or something within one; `undefined` stands for a value that is absent. Never throws. */
export type Test = (value: unknown) => boolean;

/** A part of a filter, as plain JSON. */
export type FilterObject = Readonly<Record<string, unknown>>;

/** Where an operator stands in a filter, whatever its kind. */
export interface OperatorPlace {
  /** Raises FILTER_INVALID; `reason` follows the operator's name, without a full stop. */
  refuse(reason: string): never;
  /** Compiles a filter, such as a branch of `$or`; `part` leads to it from the operand. */
  query(filter: unknown, part?: string): Test;
}

/** Where an operator on the values at a path stands. */
export interface FieldPlace extends OperatorPlace {
  /** The expression that the operator is part of. */
  readonly siblings: FilterObject;
  /** The path is the time of the event, whose values are instants. */
  readonly isTime: boolean;
  /** Whether some value at the path passes: what is there and, where that is an array, each of its elements. */
  some(test: Test): Test;
  /** Whether the value at the path passes as it is. */
  whole(test: Test): Test;
  /** Compiles an expression of operators (`{ $gt: 1 }`) on the same path; `part` leads to it from the operand. */
  expression(expression: unknown, part?: string): Test;
  /** Compiles an expression of operators into a test of one value by itself. */
  valueExpression(expression: unknown): Test;
  /** Compiles a regular expression into a test of strings, within the bounds for the whole filter. */
  pattern(source: string, flags: string): Test;
}

/** An operator on whole documents, such as `$or`. */
export interface QueryOperator {
  readonly name: string;
  /** Raises FILTER_INVALID for an operand that is not allowed. */
  compile(operand: unknown, place: OperatorPlace): Test;
}

/** An operator on the values at a path, such as `$gt`. */
export interface FieldOperator {
  readonly name: string;
  /** Raises FILTER_INVALID for an operand that is not allowed. */
  compile(operand: unknown, place: FieldPlace): Test;
}

/** Whether a JSON value is an object and no array. */
export function isFilterObject(value: unknown): value is FilterObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The opposite test. */
export function not(test: Test): Test {
  return (value) => !test(value);
}

/** Whether all tests pass; true for none. */
export function every(tests: readonly Test[]): Test {
  const [first, second, third] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (third === undefined) return (value) => first(value) && second(value);
  return (value) => {
    for (const test of tests) if (!test(value)) return false;
    return true;
  };
}

/** Whether one of the tests passes; false for none. */
export function some(tests: readonly Test[]): Test {
  return (value) => {
    for (const test of tests) if (test(value)) return true;
    return false;
  };
}

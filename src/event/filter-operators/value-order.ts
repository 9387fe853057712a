// When two values are equal and which comes first, as MongoDB orders BSON values. Which comparisons a filter may make is
// the operators' business.
// https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/

/** The kinds of values there are in events, in MongoDB's order. */
export type Kind = 'absent' | 'null' | 'number' | 'string' | 'object' | 'array' | 'boolean' | 'date';

const ranks: Readonly<Record<Kind, number>> = {
  absent: 0,
  null: 5,
  number: 10,
  string: 15,
  object: 20,
  array: 25,
  boolean: 40,
  date: 45,
};

/** The kind of a JSON value, of an instant, or of `undefined`, which is an absent value. */
export function kindOf(value: unknown): Kind {
  if (typeof value === 'string') return 'string';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value !== 'object') return 'absent';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return value instanceof Date ? 'date' : 'object';
}

/**
 * Below 0 when `left` comes before `right`, above 0 when after, 0 when equal. Values of different kinds are ordered by
 * kind; strings by code point; objects member by member in the order they are written, so that the order counts.
 * Recurses as deep as both are alike.
 */
export function compareValues(left: unknown, right: unknown): number {
  const kind = kindOf(left);
  const difference = ranks[kind] - ranks[kindOf(right)];
  if (difference !== 0) return difference;
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right);
  if (Array.isArray(left) && Array.isArray(right)) return compareArrays(left, right);
  if (kind === 'object') return compareObjects(Object(left), Object(right));
  return kind === 'null' || kind === 'absent' ? 0 : Number(left) - Number(right);
}

/** By code point, which is the order of UTF-8 bytes; JavaScript's own order differs beyond U+FFFF. */
function compareStrings(left: string, right: string): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = weightOf(left.charCodeAt(index)) - weightOf(right.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Moves the halves of surrogate pairs behind all other code units. */
function weightOf(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

function compareArrays(left: readonly unknown[], right: readonly unknown[]): number {
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    const difference = compareValues(left[index], right[index]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

/** Each member by the kind of its value, then its name, then its value. */
function compareObjects(left: object, right: object): number {
  const leftMembers = Object.entries(left);
  const rightMembers = Object.entries(right);
  const length = Math.min(leftMembers.length, rightMembers.length);
  for (let index = 0; index < length; index += 1) {
    const [leftName, leftValue] = leftMembers[index] ?? ['', undefined];
    const [rightName, rightValue] = rightMembers[index] ?? ['', undefined];
    const difference =
      ranks[kindOf(leftValue)] - ranks[kindOf(rightValue)] ||
      compareStrings(leftName, rightName) ||
      compareValues(leftValue, rightValue);
    if (difference !== 0) return difference;
  }
  return leftMembers.length - rightMembers.length;
}

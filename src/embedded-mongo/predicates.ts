// What one query operator asks of one value. Paths, arrays and logic are in match.ts.
import { BsonType, type Value } from './bson-raw.js';
import { badValue, notSupported } from './errors.js';
import { type Bounds, boundsOf, everything, type Interval, normalize, pointOf } from './interval.js';
import { compareValues, encodeValue, isNaNValue, KeyType, typeBracket } from './key-encoding.js';
import { compileRegexValue } from './regex.js';
import { typeMatcher } from './type-names.js';

/** What is asked of the values at one path. */
export interface Predicate {
  readonly operator: string;
  /** elements of an array at the end of the path are asked too */
  readonly expandLeaf: boolean;
  readonly test: (value: Value | undefined) => boolean;
  /** what it means for encoded values; undefined if an index does not help */
  readonly bounds: Bounds | undefined;
  /** the operand, where planning or an upsert needs it */
  readonly operand?: Value;
}

/** True for a document whose first field is an operator. */
export function isOperatorDocument(value: Value): boolean {
  return value.type === BsonType.object && value.bytes[value.start + 4] !== 0 && value.bytes[value.start + 5] === 0x24;
}

/** The predicate of an operator that looks at values only. Throws `BadValue` for one that is unknown. */
export function simplePredicate(name: string, operand: Value): Predicate {
  switch (name) {
    case '$eq':
      return comparison('eq', operand);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      if (operand.type === BsonType.regex) throw badValue(`Can't have RegEx as arg to predicate over field '${name}'.`);
      return comparison(name.slice(1) as 'gt' | 'gte' | 'lt' | 'lte', operand);
    case '$in':
      return inPredicate(operand, '$in');
    case '$type':
      return { operator: 'type', expandLeaf: true, bounds: undefined, test: typeMatcher(operand) };
    case '$size':
      return sizePredicate(operand);
    case '$mod':
      return modPredicate(operand);
    case '$bitsAllSet':
    case '$bitsAnySet':
    case '$bitsAllClear':
    case '$bitsAnyClear':
    case '$geoWithin':
    case '$geoIntersects':
    case '$near':
    case '$nearSphere':
      throw notSupported(`The query operator ${name}`);
    default:
      throw badValue(`unknown operator: ${name}`);
  }
}

/** What `$eq`, `$gt`, `$gte`, `$lt` and `$lte` ask. */
export function comparison(operator: 'eq' | 'gt' | 'gte' | 'lt' | 'lte', operand: Value): Predicate {
  let bounds: Bounds | undefined;
  return {
    operator,
    expandLeaf: true,
    operand,
    // an index holds the elements of an array, not the array
    get bounds() {
      if (operand.type !== BsonType.array) bounds ??= boundsOf(operator, operand);
      return bounds;
    },
    test: comparisonTest(operator, operand),
  };
}

function comparisonTest(
  operator: 'eq' | 'gt' | 'gte' | 'lt' | 'lte',
  operand: Value,
): (value: Value | undefined) => boolean {
  const bracket = typeBracket(operand.type);
  const isOpen = (bracket === KeyType.min || bracket === KeyType.max) && operator !== 'eq';
  if (bracket === KeyType.null) {
    if (operator === 'gt' || operator === 'lt') return () => false;
    return (value) => value === undefined || value.type === BsonType.null;
  }
  const isNaNOperand = isNaNValue(operand);
  return (value) => {
    if (value === undefined || (!isOpen && typeBracket(value.type) !== bracket)) return false;
    if (bracket === KeyType.number && (isNaNOperand || isNaNValue(value)))
      return operator !== 'gt' && operator !== 'lt' && isNaNOperand && isNaNValue(value);
    const order = value.isIdentical(operand) ? 0 : compareValues(value, operand);
    switch (operator) {
      case 'eq':
        return order === 0;
      case 'gt':
        return order > 0;
      case 'gte':
        return order >= 0;
      case 'lt':
        return order < 0;
      case 'lte':
        return order <= 0;
    }
  };
}

/** What `$in` asks; `name` is for the message. */
export function inPredicate(operand: Value, name: string): Predicate {
  if (operand.type !== BsonType.array) throw badValue(`${name} needs an array`);
  const wanted = new Set<string>();
  const patterns: ((value: Value | undefined) => boolean)[] = [];
  const intervals: Interval[] = [];
  let isIndexable = true;
  for (const element of operand.elements()) {
    if (isOperatorDocument(element)) throw badValue(`cannot nest $ under ${name}`);
    if (element.type === BsonType.regex) {
      patterns.push(compileRegexValue(element));
      isIndexable = false;
      continue;
    }
    const encoded = encodeValue(element);
    wanted.add(encoded.toString('latin1'));
    if (element.type === BsonType.array || encoded.length > 400) isIndexable = false;
    intervals.push(pointOf(encoded));
  }
  const hasNull = wanted.has(String.fromCharCode(KeyType.null));
  return {
    operator: 'in',
    expandLeaf: true,
    operand,
    bounds: isIndexable ? { intervals: normalize(intervals), isExact: true } : undefined,
    test: (value) => {
      if (value === undefined) return hasNull;
      return wanted.has(encodeValue(value).toString('latin1')) || patterns.some((matches) => matches(value));
    },
  };
}

/** What `$exists: true` asks. */
export function existsPredicate(): Predicate {
  return {
    operator: 'exists',
    expandLeaf: false,
    // an index has null for what is missing, so null does not tell
    bounds: { intervals: [everything], isExact: false },
    test: (value) => value !== undefined,
  };
}

/** What a regular expression asks. */
export function regexPredicate(
  test: ((value: Value | undefined) => boolean) & { prefix?: string },
  operand: Value,
): Predicate {
  let bounds: Bounds | undefined;
  if (test.prefix) {
    const low = Buffer.concat([Buffer.from([KeyType.string]), Buffer.from(test.prefix)]);
    bounds = { intervals: [{ ...pointOf(low), isPoint: false }], isExact: false };
  }
  return { operator: 'regex', expandLeaf: true, bounds, operand, test };
}

function sizePredicate(operand: Value): Predicate {
  const size = operand.number();
  if (!Number.isInteger(size) || size < 0) throw badValue('Failed to parse $size. Expected a non-negative integer');
  const test = (value: Value | undefined) => value?.type === BsonType.array && value.elements().length === size;
  return { operator: 'size', expandLeaf: false, bounds: undefined, test };
}

function modPredicate(operand: Value): Predicate {
  const parts = operand.type === BsonType.array ? operand.elements() : [];
  if (parts.length !== 2) throw badValue('malformed mod, needs to be an array with two elements');
  const [divisor, remainder] = parts.map((part) => Math.trunc(part.number()));
  if (divisor === undefined || remainder === undefined || Number.isNaN(divisor) || Number.isNaN(remainder))
    throw badValue('malformed mod, divisor and remainder must be numbers');
  if (divisor === 0) throw badValue('divisor cannot be 0');
  const test = (value: Value | undefined) => {
    if (value === undefined || !value.isNumber()) return false;
    if (value.type === BsonType.int64)
      return value.bytes.readBigInt64LE(value.start) % BigInt(divisor) === BigInt(remainder);
    return Math.trunc(value.number()) % divisor === remainder;
  };
  return { operator: 'mod', expandLeaf: true, bounds: undefined, test };
}

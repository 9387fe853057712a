// Adding and multiplying BSON numbers with MongoDB's rules for the type of the result.
import { BsonType, Value } from './bson-raw.js';
import { doubleValue, toValue } from './bson-write.js';
import { badValue, typeMismatch } from './errors.js';
import { bson } from './lazy.js';

/** `a + b` or `a * b`: int32 grows to int64, either with double gives double, any with decimal128 gives that. */
export function combine(operator: 'add' | 'multiply', a: Value, b: Value): Value {
  if (!a.isNumber() || !b.isNumber()) throw typeMismatch('Cannot apply arithmetic to a value of non-numeric type');
  if (a.type === BsonType.decimal || b.type === BsonType.decimal) return combineDecimals(operator, a, b);
  if (a.type === BsonType.double || b.type === BsonType.double) {
    const x = a.number();
    const y = b.number();
    return doubleValue(operator === 'add' ? x + y : x * y);
  }
  const x = a.integer();
  const y = b.integer();
  const result = operator === 'add' ? x + y : x * y;
  const isInt32 = a.type === BsonType.int32 && b.type === BsonType.int32;
  if (isInt32 && result === BigInt.asIntN(32, result)) return toValue(Number(result));
  if (result !== BigInt.asIntN(64, result)) {
    throw badValue(`Failed to apply arithmetic: the result ${result} does not fit into 64 bits`);
  }
  return toValue(result);
}

/** `a & b`, `a | b` or `a ^ b` of two whole numbers; an int64 among them gives an int64. */
export function combineBits(operator: 'and' | 'or' | 'xor', a: Value, b: Value): Value {
  const [x, y] = [a.integer(), b.integer()];
  const result = operator === 'and' ? x & y : operator === 'or' ? x | y : x ^ y;
  return a.type === BsonType.int32 && b.type === BsonType.int32 ? toValue(Number(result)) : toValue(result);
}

function combineDecimals(operator: 'add' | 'multiply', a: Value, b: Value): Value {
  const x = partsOf(a);
  const y = partsOf(b);
  if (!x || !y) {
    const result = operator === 'add' ? a.number() + b.number() : a.number() * b.number();
    return decimalValue(String(result));
  }
  if (operator === 'multiply') return decimalOf(x.coefficient * y.coefficient, x.exponent + y.exponent);
  const exponent = Math.min(x.exponent, y.exponent);
  const align = (part: { coefficient: bigint; exponent: number }) =>
    part.coefficient * 10n ** BigInt(part.exponent - exponent);
  return decimalOf(align(x) + align(y), exponent);
}

function partsOf(value: Value): { coefficient: bigint; exponent: number } | undefined {
  const text = value.type === BsonType.decimal ? value.decimalText() : numberText(value);
  const match = /^(-?\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text);
  if (!match) return undefined;
  const fraction = match[2] ?? '';
  return { coefficient: BigInt((match[1] ?? '0') + fraction), exponent: Number(match[3] ?? 0) - fraction.length };
}

function numberText(value: Value): string {
  if (value.type === BsonType.double) return String(value.number());
  return String(value.integer());
}

/** Rounds to 34 digits, half to even, as decimal128 has them. */
function decimalOf(coefficient: bigint, exponent: number): Value {
  let digits = coefficient < 0n ? -coefficient : coefficient;
  let power = exponent;
  const excess = String(digits).length - 34;
  if (excess > 0) {
    const unit = 10n ** BigInt(excess);
    const rest = digits % unit;
    digits /= unit;
    if (rest * 2n > unit || (rest * 2n === unit && digits % 2n === 1n)) digits += 1n;
    power += excess;
  }
  return decimalValue(`${coefficient < 0n ? '-' : ''}${digits}E${power}`);
}

function decimalValue(text: string): Value {
  const bytes = Buffer.from(bson().Decimal128.fromString(text).bytes);
  return new Value(BsonType.decimal, bytes, 0, 16);
}

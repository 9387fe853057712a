// Encoded keys against a slow, plain comparison written from the manual's "Comparison/Sort Order".
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { BsonType, type Value } from '../../src/embedded-mongo/bson-raw.js';
import { encodeCompound, encodeValue, invert } from '../../src/embedded-mongo/key-encoding.js';
import { skipValue } from '../../src/embedded-mongo/key-skip.js';
import { anyValue, undecoded } from './kit.js';

const { double, int32, int64, decimal } = BsonType;
const order = [
  [BsonType.minKey],
  [BsonType.undefined],
  [BsonType.null],
  [double, int32, int64, decimal],
  [BsonType.string, BsonType.symbol],
  [BsonType.object],
  [BsonType.array],
  [BsonType.binary],
  [BsonType.objectId],
  [BsonType.boolean],
  [BsonType.date],
  [BsonType.timestamp],
  [BsonType.regex],
  [BsonType.maxKey],
].map((types) => new Set<number>(types));

const rank = (value: Value) => order.findIndex((types) => types.has(value.type));
const sign = (n: number | bigint) => (n < 0 ? -1 : n > 0 ? 1 : 0);

/** A finite number as an exact fraction. */
function fraction(value: Value): [bigint, bigint] {
  if (value.type === int32) return [BigInt(value.bytes.readInt32LE(value.start)), 1n];
  if (value.type === int64) return [value.bytes.readBigInt64LE(value.start), 1n];
  if (value.type === double) {
    let number = value.bytes.readDoubleLE(value.start);
    let denominator = 1n;
    while (!Number.isInteger(number)) {
      number *= 2;
      denominator *= 2n;
    }
    return [BigInt(number), denominator];
  }
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(value.decimalText());
  const exponent = BigInt(Number(match?.[4] ?? 0) - (match?.[3] ?? '').length);
  const digits = BigInt(`${match?.[1]}${match?.[2]}${match?.[3] ?? ''}`);
  return exponent >= 0n ? [digits * 10n ** exponent, 1n] : [digits, 10n ** -exponent];
}

function special(value: Value): number {
  const number =
    value.type === double
      ? value.bytes.readDoubleLE(value.start)
      : value.type === decimal
        ? Number(value.decimalText())
        : 0;
  return Number.isNaN(number)
    ? -2
    : number === Number.NEGATIVE_INFINITY
      ? -1
      : number === Number.POSITIVE_INFINITY
        ? 1
        : 0;
}

function compareNumbers(a: Value, b: Value): number {
  const [x, y] = [special(a), special(b)];
  if (x !== 0 || y !== 0) return sign(x - y);
  const [n, d] = fraction(a);
  const [m, e] = fraction(b);
  return sign(n * e - m * d);
}

function compareLists<T>(a: readonly T[], b: readonly T[], compare: (x: T, y: T) => number): number {
  for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
    const result = compare(a[i] as T, b[i] as T);
    if (result !== 0) return result;
  }
  return sign(a.length - b.length);
}

function compare(a: Value, b: Value): number {
  const byType = sign(rank(a) - rank(b));
  if (byType !== 0) return byType;
  switch (a.type) {
    case BsonType.string:
      return sign(Buffer.from(a.text()).compare(Buffer.from(b.text())));
    case BsonType.object:
      return compareLists(a.fields(), b.fields(), ([x, v], [y, w]) => {
        return sign(rank(v) - rank(w)) || sign(Buffer.from(x).compare(Buffer.from(y))) || compare(v, w);
      });
    case BsonType.array:
      return compareLists(a.elements(), b.elements(), compare);
    case BsonType.binary:
      return (
        sign(a.bytes.readInt32LE(a.start) - b.bytes.readInt32LE(b.start)) ||
        sign(a.bytes.compare(b.bytes, b.start + 4, b.end, a.start + 4, a.end))
      );
    case BsonType.date:
      return sign(a.bytes.readBigInt64LE(a.start) - b.bytes.readBigInt64LE(b.start));
    case BsonType.timestamp:
      return sign(a.bytes.readBigUInt64LE(a.start) - b.bytes.readBigUInt64LE(b.start));
    case BsonType.objectId:
    case BsonType.boolean:
      return sign(a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end));
    default:
      return [double, int32, int64, decimal].includes(a.type as never) ? compareNumbers(a, b) : 0;
  }
}

test('the order of keys is the order of values', () => {
  fc.assert(
    fc.property(anyValue, anyValue, (a, b) => {
      const [x, y] = [undecoded(a), undecoded(b)];
      assert.equal(sign(encodeValue(x).compare(encodeValue(y))), compare(x, y));
      assert.equal(sign(invert(encodeValue(x)).compare(invert(encodeValue(y)))), 0 - compare(x, y));
    }),
    { numRuns: 4000 },
  );
});

test('compound keys order by field, each in its direction', () => {
  fc.assert(
    fc.property(anyValue, anyValue, anyValue, anyValue, (a, b, c, d) => {
      const [w, x, y, z] = [a, b, c, d].map(undecoded) as [Value, Value, Value, Value];
      const keys = [encodeCompound([w, x], [true, false]), encodeCompound([y, z], [true, false])] as const;
      const expected = -compare(w, y) || compare(x, z);
      if (keys.every((key) => key.length < 900)) assert.equal(sign(keys[0].compare(keys[1])), sign(expected));
    }),
    { numRuns: 2000 },
  );
});

test('the end of each value is found within a compound key', () => {
  fc.assert(
    fc.property(anyValue, anyValue, fc.boolean(), (a, b, isDescending) => {
      const [x, y] = [undecoded(a), undecoded(b)];
      const key = encodeCompound([x, y], [isDescending, false]);
      if (key.length >= 900) return;
      const end = skipValue(key, 0, isDescending ? 0xff : 0);
      assert.equal(end, encodeValue(x).length);
      assert.equal(skipValue(key, end, 0), key.length);
    }),
    { numRuns: 1000 },
  );
});

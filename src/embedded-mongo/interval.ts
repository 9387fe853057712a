// Ranges of encoded keys: what a comparison means for an index. How the bytes are made is in key-encoding.ts.
import type { Value } from './bson-raw.js';
import { encodeValue, isNaNValue, KeyType, typeBracket } from './key-encoding.js';

/** Encoded values from `low` (included) up to `high` (not included). */
export interface Interval {
  readonly low: Buffer;
  readonly high: Buffer;
  /** true if only one value lies within */
  readonly isPoint: boolean;
}

/** The values for which a comparison is true. With `isExact` exactly those, else those and perhaps others. */
export interface Bounds {
  readonly intervals: readonly Interval[];
  readonly isExact: boolean;
}

/** Longer operands bound an index only by their type. */
const maxOperandBytes = 400;

/** The first key behind all keys that begin with these bytes. */
export function behind(bytes: Buffer): Buffer {
  const next = Buffer.from(bytes);
  for (let i = next.length - 1; i >= 0; i -= 1) {
    if (next[i] !== 0xff) {
      next[i] = (next[i] ?? 0) + 1;
      return next.subarray(0, i + 1);
    }
  }
  return Buffer.alloc(next.length + 1, 0xff);
}

/** Every value there is. */
export const everything: Interval = { low: Buffer.from([0]), high: Buffer.from([0xff]), isPoint: false };

function between(low: Buffer, high: Buffer): Interval {
  return { low, high, isPoint: false };
}

function bracketOf(value: Value): Interval {
  const type = typeBracket(value.type);
  if (type === KeyType.number)
    return between(Buffer.from([KeyType.numberNegativeInfinity]), Buffer.from([KeyType.numberInfinity + 1]));
  return between(Buffer.from([type]), Buffer.from([type === KeyType.false ? KeyType.true + 1 : type + 1]));
}

/** The interval of one encoded value. */
export function pointOf(encoded: Buffer): Interval {
  return { low: encoded, high: behind(encoded), isPoint: true };
}

/** What `$eq`, `$gt`, `$gte`, `$lt` or `$lte` with this operand means for encoded values. */
export function boundsOf(operator: 'eq' | 'gt' | 'gte' | 'lt' | 'lte', operand: Value): Bounds {
  const encoded = encodeValue(operand);
  const bracket = bracketOf(operand);
  if (encoded.length > maxOperandBytes) {
    return { intervals: [bracket], isExact: false };
  }
  const type = typeBracket(operand.type);
  const isSingleValued = type === KeyType.null || type === KeyType.undefined || isNaNValue(operand);
  if (operator === 'eq' || (isSingleValued && (operator === 'gte' || operator === 'lte'))) {
    return { intervals: [pointOf(encoded)], isExact: true };
  }
  if (isSingleValued) return { intervals: [], isExact: true };
  // everything compares with MinKey and MaxKey, whatever its type
  const range = type === KeyType.min || type === KeyType.max ? everything : bracket;
  switch (operator) {
    case 'gt':
      return { intervals: [between(behind(encoded), range.high)], isExact: true };
    case 'gte':
      return { intervals: [between(encoded, range.high)], isExact: true };
    case 'lt':
      return { intervals: [between(range.low, encoded)], isExact: true };
    case 'lte':
      return { intervals: [between(range.low, behind(encoded))], isExact: true };
  }
}

/** True if the bytes of `key` from `start` to `end` are an encoded value within the intervals, which must be normalized. */
export function isWithin(intervals: readonly Interval[], key: Buffer, start: number, end: number): boolean {
  let from = 0;
  let to = intervals.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    const { low, high } = intervals[middle] as Interval;
    if (key.compare(low, 0, low.length, start, end) < 0) to = middle;
    else if (key.compare(high, 0, high.length, start, end) >= 0) from = middle + 1;
    else return true;
  }
  return false;
}

/** The intervals sorted, without overlaps. */
export function normalize(intervals: readonly Interval[]): Interval[] {
  const sorted = [...intervals].filter(({ low, high }) => low.compare(high) < 0).sort((a, b) => a.low.compare(b.low));
  const merged: Interval[] = [];
  for (const interval of sorted) {
    const last = merged.at(-1);
    if (last && last.high.compare(interval.low) > 0) {
      const high = last.high.compare(interval.high) > 0 ? last.high : interval.high;
      merged[merged.length - 1] = { low: last.low, high, isPoint: last.isPoint && interval.isPoint };
    } else merged.push(interval);
  }
  return merged;
}

/** What is in both. Both must be normalized. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const common: Interval[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const x = a[i] as Interval;
    const y = b[j] as Interval;
    const low = x.low.compare(y.low) > 0 ? x.low : y.low;
    const high = x.high.compare(y.high) < 0 ? x.high : y.high;
    if (low.compare(high) < 0) common.push({ low, high, isPoint: x.isPoint || y.isPoint });
    if (x.high.compare(y.high) < 0) i += 1;
    else j += 1;
  }
  return common;
}

// BSON values as bytes whose memcmp order is MongoDB's comparison order; also how values are compared. Not how keys are stored.
// Numbers of all types share one form, so 1, 1.0 and NumberLong(1) are one key: a key tells order, not the exact type.
import { createHash } from 'node:crypto';
import { BsonType, findField, Value, valueEnd } from './bson-raw.js';

/** The first byte of an encoded value; the order of these is the order of types in the MongoDB manual. */
export const KeyType = {
  min: 0x01,
  undefined: 0x05,
  null: 0x08,
  numberNaN: 0x10,
  numberNegativeInfinity: 0x11,
  numberBelowDouble: 0x12,
  number: 0x13,
  numberAboveDouble: 0x14,
  numberInfinity: 0x15,
  string: 0x20,
  object: 0x28,
  array: 0x30,
  binary: 0x38,
  objectId: 0x40,
  false: 0x48,
  true: 0x49,
  date: 0x50,
  timestamp: 0x58,
  regex: 0x60,
  dbPointer: 0x68,
  code: 0x70,
  codeWithScope: 0x78,
  max: 0xf0,
} as const;

/** Longer keys are cut and closed with a hash: still unique, but ordered only by what is left (LMDB allows 1,978 bytes). */
export const maxKeyBytes = 900;

let scratch = Buffer.allocUnsafe(4096);
let position = 0;

function reserve(count: number): void {
  if (position + count <= scratch.length) return;
  const grown = Buffer.allocUnsafe(Math.max(scratch.length * 2, position + count));
  scratch.copy(grown, 0, 0, position);
  scratch = grown;
}

function writeByte(byte: number): void {
  reserve(1);
  scratch[position++] = byte;
}

function writeDouble(type: number, value: number): void {
  reserve(10);
  scratch[position] = type;
  scratch.writeDoubleBE(value === 0 ? 0 : value, position + 1);
  const start = position + 1;
  if ((scratch[start] ?? 0) < 0x80) scratch[start] = (scratch[start] ?? 0) | 0x80;
  else for (let i = start; i < start + 8; i += 1) scratch[i] = ~(scratch[i] ?? 0);
  scratch[start + 8] = 0;
  position += 10;
}

function writeNumber(value: number): void {
  if (Number.isFinite(value)) writeDouble(KeyType.number, value);
  else if (Number.isNaN(value)) writeByte(KeyType.numberNaN);
  else writeByte(value > 0 ? KeyType.numberInfinity : KeyType.numberNegativeInfinity);
}

const bits = new DataView(new ArrayBuffer(8));

function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  bits.setFloat64(0, value);
  bits.setBigInt64(0, bits.getBigInt64(0) + (value > 0 ? 1n : -1n));
  return bits.getFloat64(0);
}

function nextDown(value: number): number {
  return -nextUp(-value);
}

/** A finite double as numerator and denominator. */
function ratioOf(value: number): [bigint, bigint] {
  bits.setFloat64(0, value);
  const exponent = Number((bits.getBigInt64(0) >> 52n) & 0x7ffn);
  const fraction = bits.getBigInt64(0) & 0xfffffffffffffn;
  const mantissa = (exponent === 0 ? fraction : fraction | 0x10000000000000n) * (value < 0 ? -1n : 1n);
  const power = (exponent === 0 ? 1 : exponent) - 1075;
  return power >= 0 ? [mantissa << BigInt(power), 1n] : [mantissa, 1n << BigInt(-power)];
}

/** The exact number `numerator/denominator` near `approximation`: the double below it, then how far it is to the next one. */
function writeExact(numerator: bigint, denominator: bigint, approximation: number): void {
  let below = approximation;
  let [n, d] = ratioOf(below);
  if (n * denominator > numerator * d) {
    below = nextDown(below);
    [n, d] = ratioOf(below);
  }
  writeDouble(KeyType.number, below);
  const rest = numerator * d - n * denominator;
  if (rest === 0n) return;
  const [upN, upD] = ratioOf(nextUp(below));
  // rest / (denominator * d) divided by the gap (upN/upD - n/d), as 128 binary digits
  const share = ((rest * upD * d) << 128n) / (denominator * d * (upN * d - n * upD));
  scratch[position - 1] = 1;
  reserve(16);
  scratch.writeBigUInt64BE(share >> 64n, position);
  scratch.writeBigUInt64BE(share & 0xffffffffffffffffn, position + 8);
  position += 16;
}

function writeDecimal(text: string): void {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:E([+-]?\d+))?$/.exec(text);
  if (!match) {
    writeNumber(text === 'NaN' ? Number.NaN : text.startsWith('-') ? -Infinity : Infinity);
    return;
  }
  const digits = (match[2] ?? '') + (match[3] ?? '');
  const exponent = Number(match[4] ?? 0) - (match[3] ?? '').length;
  const coefficient = BigInt(digits) * (match[1] === '-' ? -1n : 1n);
  const approximation = Number(text);
  if (coefficient === 0n) writeDouble(KeyType.number, 0);
  else if (!Number.isFinite(approximation)) writeBeyondDouble(coefficient, exponent);
  else if (exponent >= 0) writeExact(coefficient * 10n ** BigInt(exponent), 1n, approximation);
  else writeExact(coefficient, 10n ** BigInt(-exponent), approximation);
}

function writeBeyondDouble(coefficient: bigint, exponent: number): void {
  const isNegative = coefficient < 0n;
  const digits = String(isNegative ? -coefficient : coefficient);
  writeByte(isNegative ? KeyType.numberBelowDouble : KeyType.numberAboveDouble);
  reserve(36);
  const start = position;
  scratch.writeUInt16BE(exponent + digits.length, position);
  scratch.write(digits.padEnd(34, '0'), position + 2, 'latin1');
  position += 36;
  if (isNegative) for (let i = start; i < position; i += 1) scratch[i] = ~(scratch[i] ?? 0);
}

/** Bytes with 00 as 00 FF, closed by 00 00: no text is the beginning of another one. */
function writeText(bytes: Buffer, start: number, end: number): void {
  reserve((end - start) * 2 + 2);
  for (let i = start; i < end; i += 1) {
    const byte = bytes[i] ?? 0;
    scratch[position++] = byte;
    if (byte === 0) scratch[position++] = 0xff;
  }
  scratch[position++] = 0;
  scratch[position++] = 0;
}

function writeBytes(type: number, bytes: Buffer, start: number, end: number): void {
  writeByte(type);
  appendRaw(bytes, start, end);
}

function writeSigned64(type: number, bytes: Buffer, start: number): void {
  reserve(9);
  scratch[position] = type;
  for (let i = 0; i < 8; i += 1) scratch[position + 1 + i] = bytes[start + 7 - i] ?? 0;
  scratch[position + 1] = (scratch[position + 1] ?? 0) ^ 0x80;
  position += 9;
}

const encodedTypes: Readonly<Record<number, number>> = {
  [BsonType.minKey]: KeyType.min,
  [BsonType.undefined]: KeyType.undefined,
  [BsonType.null]: KeyType.null,
  [BsonType.int32]: KeyType.number,
  [BsonType.int64]: KeyType.number,
  [BsonType.double]: KeyType.number,
  [BsonType.decimal]: KeyType.number,
  [BsonType.string]: KeyType.string,
  [BsonType.symbol]: KeyType.string,
  [BsonType.object]: KeyType.object,
  [BsonType.array]: KeyType.array,
  [BsonType.binary]: KeyType.binary,
  [BsonType.objectId]: KeyType.objectId,
  [BsonType.boolean]: KeyType.false,
  [BsonType.date]: KeyType.date,
  [BsonType.timestamp]: KeyType.timestamp,
  [BsonType.regex]: KeyType.regex,
  [BsonType.dbPointer]: KeyType.dbPointer,
  [BsonType.code]: KeyType.code,
  [BsonType.codeWithScope]: KeyType.codeWithScope,
};

/** The class in which MongoDB compares values of a BSON type: all numbers share one, strings and symbols share one. */
export function typeBracket(type: number): number {
  return encodedTypes[type] ?? KeyType.max;
}

function writeFields(type: number, bytes: Buffer, start: number): void {
  writeByte(type);
  const end = start + bytes.readInt32LE(start) - 1;
  let at = start + 4;
  while (at < end) {
    const fieldType = bytes[at] ?? 0;
    const nameEnd = bytes.indexOf(0, at + 1);
    if (type === KeyType.object) {
      // documents compare field by field: type first, then name, then value
      writeByte(typeBracket(fieldType));
      writeText(bytes, at + 1, nameEnd);
    }
    const next = valueEnd(fieldType, bytes, nameEnd + 1);
    writeValue(fieldType, bytes, nameEnd + 1, next);
    at = next;
  }
  writeByte(0);
}

type WriteValue = (bytes: Buffer, start: number, end: number) => void;

function writeString(bytes: Buffer, start: number, end: number): void {
  writeByte(KeyType.string);
  writeText(bytes, start + 4, end - 1);
}

/** How each BSON type is written; the types without a value have only their first byte. */
const writers: Readonly<Record<number, WriteValue>> = {
  [BsonType.int32]: (bytes, start) => writeDouble(KeyType.number, bytes.readInt32LE(start)),
  [BsonType.double]: (bytes, start) => writeNumber(bytes.readDoubleLE(start)),
  [BsonType.int64](bytes, start) {
    const exact = bytes.readBigInt64LE(start);
    const near = Number(exact);
    if (Number.isSafeInteger(near)) writeDouble(KeyType.number, near);
    else writeExact(exact, 1n, near);
  },
  [BsonType.decimal]: (bytes, start, end) => writeDecimal(new Value(BsonType.decimal, bytes, start, end).decimalText()),
  [BsonType.string]: writeString,
  [BsonType.symbol]: writeString,
  [BsonType.objectId]: (bytes, start, end) => writeBytes(KeyType.objectId, bytes, start, end),
  [BsonType.date]: (bytes, start) => writeSigned64(KeyType.date, bytes, start),
  [BsonType.boolean]: (bytes, start) => writeByte(bytes[start] === 1 ? KeyType.true : KeyType.false),
  [BsonType.object]: (bytes, start) => writeFields(KeyType.object, bytes, start),
  [BsonType.array]: (bytes, start) => writeFields(KeyType.array, bytes, start),
  [BsonType.timestamp](bytes, start) {
    writeSigned64(KeyType.timestamp, bytes, start);
    scratch[position - 8] = (scratch[position - 8] ?? 0) ^ 0x80;
  },
  [BsonType.binary](bytes, start, end) {
    // binary data compares by length, then subtype, then bytes
    writeByte(KeyType.binary);
    reserve(4);
    position = scratch.writeUInt32BE(bytes.readInt32LE(start), position);
    appendRaw(bytes, start + 4, end);
  },
  [BsonType.regex](bytes, start, end) {
    const middle = bytes.indexOf(0, start);
    writeByte(KeyType.regex);
    writeText(bytes, start, middle);
    writeText(bytes, middle + 1, end - 1);
  },
  [BsonType.code](bytes, start, end) {
    writeByte(KeyType.code);
    writeText(bytes, start + 4, end - 1);
  },
  [BsonType.codeWithScope](bytes, start) {
    const scope = start + 8 + bytes.readInt32LE(start + 4);
    writeByte(KeyType.codeWithScope);
    writeText(bytes, start + 8, scope - 1);
    writeFields(KeyType.object, bytes, scope);
  },
  [BsonType.dbPointer](bytes, start, end) {
    writeByte(KeyType.dbPointer);
    writeText(bytes, start + 4, end - 13);
    appendRaw(bytes, end - 12, end);
  },
};

function writeValue(type: number, bytes: Buffer, start: number, end: number): void {
  const write = writers[type];
  if (write) write(bytes, start, end);
  else writeByte(typeBracket(type));
}

function appendRaw(bytes: Buffer, start: number, end: number): void {
  reserve(end - start);
  if (end - start > 48) bytes.copy(scratch, position, start, end);
  else for (let i = start; i < end; i += 1) scratch[position + i - start] = bytes[i] ?? 0;
  position += end - start;
}

function takeKey(): Buffer {
  const key = Buffer.allocUnsafe(position);
  if (position > 128) scratch.copy(key, 0, 0, position);
  else for (let i = 0; i < position; i += 1) key[i] = scratch[i] ?? 0;
  return key;
}

/** A value as key bytes, of any length. A missing value is written as null. */
export function encodeValue(value: Value | undefined): Buffer {
  position = 0;
  if (value === undefined) writeByte(KeyType.null);
  else writeValue(value.type, value.bytes, value.start, value.end);
  return takeKey();
}

/** Values one after the other, those of `descending` fields with all bits inverted; cut at `maxKeyBytes`. */
export function encodeCompound(values: readonly (Value | undefined)[], descending: readonly boolean[]): Buffer {
  position = 0;
  for (let i = 0; i < values.length; i += 1) {
    const start = position;
    const value = values[i];
    if (value === undefined) writeByte(KeyType.null);
    else writeValue(value.type, value.bytes, value.start, value.end);
    if (descending[i]) for (let at = start; at < position; at += 1) scratch[at] = ~(scratch[at] ?? 0);
  }
  return cutKey(takeKey());
}

/** The key; if longer than `maxKeyBytes`, cut to that length with a hash of the whole at the end. */
export function cutKey(key: Buffer): Buffer {
  if (key.length <= maxKeyBytes) return key;
  const hash = createHash('sha256').update(key).digest();
  return Buffer.concat([key.subarray(0, maxKeyBytes - hash.length), hash]);
}

/** The same bytes with all bits inverted, as a descending index field has them. */
export function invert(bytes: Buffer): Buffer {
  const inverted = Buffer.allocUnsafe(bytes.length);
  for (let i = 0; i < bytes.length; i += 1) inverted[i] = ~(bytes[i] ?? 0);
  return inverted;
}

/** Negative, zero or positive as `a` sorts before, with or after `b` in MongoDB's comparison order. */
export function compareValues(a: Value, b: Value): number {
  if (a.type === b.type) {
    if (a.type === BsonType.int32) return a.bytes.readInt32LE(a.start) - b.bytes.readInt32LE(b.start);
    if (a.type === BsonType.date) {
      const high = a.bytes.readInt32LE(a.start + 4) - b.bytes.readInt32LE(b.start + 4);
      return high !== 0 ? high : a.bytes.readUInt32LE(a.start) - b.bytes.readUInt32LE(b.start);
    }
    if (a.type === BsonType.string) return a.bytes.compare(b.bytes, b.start + 4, b.end, a.start + 4, a.end);
    if (a.type === BsonType.objectId) return a.bytes.compare(b.bytes, b.start, b.end, a.start, a.end);
  }
  const byType = typeBracket(a.type) - typeBracket(b.type);
  return byType !== 0 ? byType : encodeValue(a).compare(encodeValue(b));
}

/** True for a number that is not a number; it equals only itself and is neither above nor below any other. */
export function isNaNValue(value: Value): boolean {
  return (value.type === BsonType.double || value.type === BsonType.decimal) && Number.isNaN(value.number());
}

const idName = Buffer.from('_id');

/** The `_id` of a document; undefined if it has none. */
export function idOf(document: Buffer): Value | undefined {
  return findField(document, 0, idName);
}

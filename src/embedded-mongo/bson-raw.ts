// Reading BSON where it lies: elements, fields and numbers of undecoded bytes. Writing is in bson-write.ts.
import { bson } from './lazy.js';

/** BSON element types (bsonspec.org). */
export const BsonType = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binary: 5,
  undefined: 6,
  objectId: 7,
  boolean: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  code: 13,
  symbol: 14,
  codeWithScope: 15,
  int32: 16,
  timestamp: 17,
  int64: 18,
  decimal: 19,
  maxKey: 127,
  minKey: 255,
} as const;

/** One BSON value: its type and where its bytes are. The bytes are never changed, so values may be kept and copied. */
export class Value {
  readonly type: number;
  readonly bytes: Buffer;
  readonly start: number;
  readonly end: number;
  /** keeps look-alikes out: writers tell values by their class */
  declare private readonly brand: undefined;

  constructor(type: number, bytes: Buffer, start: number, end: number) {
    this.type = type;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
  }

  /** The fields of a document or array in order, names included. */
  fields(): [name: string, value: Value][] {
    const fields: [string, Value][] = [];
    someField(this.bytes, this.start, (name, field) => {
      fields.push([name, field]);
      return false;
    });
    return fields;
  }

  /** The elements of an array (or the values of a document) in order. */
  elements(): Value[] {
    const { bytes, start } = this;
    const elements: Value[] = [];
    const end = start + bytes.readInt32LE(start) - 1;
    let at = start + 4;
    while (at < end) {
      const type = bytes[at] ?? 0;
      at += 1;
      while (bytes[at] !== 0) at += 1;
      const next = valueEnd(type, bytes, at + 1);
      elements.push(new Value(type, bytes, at + 1, next));
      at = next;
    }
    return elements;
  }

  /** The field called `name` of a document; undefined if it has none, or is no document. */
  field(name: string): Value | undefined {
    return this.type === BsonType.object ? findField(this.bytes, this.start, Buffer.from(name)) : undefined;
  }

  /** The bytes of the value, without copying; of an object or array: a whole document. */
  raw(): Buffer {
    return this.bytes.subarray(this.start, this.end);
  }

  /** The text of a string or symbol. */
  text(): string {
    return this.bytes.toString('utf8', this.start + 4, this.end - 1);
  }

  /** Pattern and flags of a regular expression. */
  regex(): { pattern: string; flags: string } {
    const middle = this.bytes.indexOf(0, this.start);
    return {
      pattern: this.bytes.toString('utf8', this.start, middle),
      flags: this.bytes.toString('utf8', middle + 1, this.end - 1),
    };
  }

  /** True for int32, int64, double and decimal128. */
  isNumber(): boolean {
    const { type } = this;
    return type === BsonType.int32 || type === BsonType.double || type === BsonType.int64 || type === BsonType.decimal;
  }

  /** A number as a JavaScript number (rounded where it does not fit); NaN for what is no number. */
  number(): number {
    switch (this.type) {
      case BsonType.int32:
        return this.bytes.readInt32LE(this.start);
      case BsonType.double:
        return this.bytes.readDoubleLE(this.start);
      case BsonType.int64:
        return Number(this.bytes.readBigInt64LE(this.start));
      case BsonType.decimal:
        return Number(this.decimalText());
      default:
        return Number.NaN;
    }
  }

  /** A whole number exactly; of others the whole part, of what is no finite number zero. */
  integer(): bigint {
    if (this.type === BsonType.int64) return this.bytes.readBigInt64LE(this.start);
    const number = Math.trunc(this.number());
    return Number.isFinite(number) ? BigInt(number) : 0n;
  }

  /** A decimal128 as its canonical text, as `1.5E+3`, `NaN` or `-Infinity`. */
  decimalText(): string {
    const { Decimal128 } = bson();
    return new Decimal128(Buffer.from(this.raw())).toString();
  }

  /** True if both have the same type and the same bytes (1 and 1.0 differ). */
  isIdentical(other: Value): boolean {
    const { bytes, start, end } = this;
    const length = end - start;
    if (this.type !== other.type || length !== other.end - other.start) return false;
    if (length > 32) return bytes.compare(other.bytes, other.start, other.end, start, end) === 0;
    let i = 0;
    while (i < length && bytes[start + i] === other.bytes[other.start + i]) i += 1;
    return i === length;
  }

  /** MongoDB's truth of a value: false, null, undefined and zero are false. */
  isTruthy(): boolean {
    if (this.isNumber()) return this.number() !== 0;
    if (this.type === BsonType.boolean) return this.bytes[this.start] === 1;
    return this.type !== BsonType.null && this.type !== BsonType.undefined;
  }
}

/** MongoDB allows 100 levels in stored documents; commands wrap them in a few more. */
const maxDepth = 180;

/** How long the values of a type are; -1 if their bytes tell. */
const fixedSizes = new Int8Array(256).fill(-1);
for (const type of [BsonType.undefined, BsonType.null, BsonType.minKey, BsonType.maxKey]) fixedSizes[type] = 0;
for (const type of [BsonType.double, BsonType.date, BsonType.int64, BsonType.timestamp]) fixedSizes[type] = 8;
fixedSizes[BsonType.boolean] = 1;
fixedSizes[BsonType.int32] = 4;
fixedSizes[BsonType.objectId] = 12;
fixedSizes[BsonType.decimal] = 16;

/** Where the value of `type` that begins at `start` ends. The bytes must have passed `isValidDocument`. */
export function valueEnd(type: number, bytes: Buffer, start: number): number {
  const size = fixedSizes[type] ?? -1;
  if (size >= 0) return start + size;
  switch (type) {
    case BsonType.string:
    case BsonType.code:
    case BsonType.symbol:
      return start + 4 + bytes.readInt32LE(start);
    case BsonType.object:
    case BsonType.array:
    case BsonType.codeWithScope:
      return start + bytes.readInt32LE(start);
    case BsonType.binary:
      return start + 5 + bytes.readInt32LE(start);
    case BsonType.regex:
      return bytes.indexOf(0, bytes.indexOf(0, start) + 1) + 1;
    case BsonType.dbPointer:
      return start + 4 + bytes.readInt32LE(start) + 12;
    default:
      throw new RangeError(`unknown BSON type ${type}`);
  }
}

/** True if the bytes from `start` to `end` are exactly one well-formed document, nested ones included. Never throws. */
export function isValidDocument(bytes: Buffer, start: number, end: number, depth = 0): boolean {
  if (depth > maxDepth || end - start < 5 || end > bytes.length || bytes.readInt32LE(start) !== end - start)
    return false;
  if (bytes[end - 1] !== 0) return false;
  let at = start + 4;
  while (at < end - 1) {
    const type = bytes[at] ?? 0;
    at += 1;
    while (at < end && bytes[at] !== 0) at += 1;
    at += 1;
    if (at >= end) return false;
    const next = checkedValueEnd(type, bytes, at, end - 1, depth);
    if (next < 0 || next > end - 1) return false;
    at = next;
  }
  return at === end - 1;
}

function checkedValueEnd(type: number, bytes: Buffer, start: number, end: number, depth: number): number {
  const lengthPrefixed =
    (type >= BsonType.string && type <= BsonType.binary) ||
    (type >= BsonType.dbPointer && type <= BsonType.codeWithScope);
  if (lengthPrefixed && start + 4 > end) return -1;
  const length = lengthPrefixed ? bytes.readInt32LE(start) : 0;
  switch (type) {
    case BsonType.string:
    case BsonType.code:
    case BsonType.symbol:
    case BsonType.dbPointer:
      if (length < 1 || start + 4 + length > end || bytes[start + 3 + length] !== 0) return -1;
      return start + 4 + length + (type === BsonType.dbPointer ? 12 : 0);
    case BsonType.object:
    case BsonType.array:
      return length >= 5 && isValidDocument(bytes, start, start + length, depth + 1) && start + length <= end
        ? start + length
        : -1;
    case BsonType.binary:
      return length >= 0 ? start + 5 + length : -1;
    case BsonType.codeWithScope: {
      if (length < 14 || start + length > end) return -1;
      const text = bytes.readInt32LE(start + 4);
      if (text < 1 || start + 8 + text + 5 > start + length || bytes[start + 7 + text] !== 0) return -1;
      return isValidDocument(bytes, start + 8 + text, start + length, depth + 1) ? start + length : -1;
    }
    case BsonType.regex: {
      const pattern = bytes.indexOf(0, start);
      const flags = pattern < 0 ? -1 : bytes.indexOf(0, pattern + 1);
      return flags < 0 ? -1 : flags + 1;
    }
    default: {
      const size = fixedSizes[type] ?? -1;
      return size < 0 ? -1 : start + size;
    }
  }
}

/** A whole document as a value. */
export const documentValue = (document: Buffer): Value => new Value(BsonType.object, document, 0, document.length);

/** The field called `name` (UTF-8 bytes) of the document that begins at `start`; undefined if it has none. */
export function findField(bytes: Buffer, start: number, name: Buffer): Value | undefined {
  const end = start + bytes.readInt32LE(start) - 1;
  const length = name.length;
  const first = name[0];
  let at = start + 4;
  while (at < end) {
    const type = bytes[at] ?? 0;
    const nameStart = at + 1;
    let nameEnd = nameStart;
    while (bytes[nameEnd] !== 0) nameEnd += 1;
    const valueStart = nameEnd + 1;
    if (nameEnd - nameStart === length && bytes[nameStart] === (length === 0 ? 0 : first)) {
      let i = 1;
      while (i < length && bytes[nameStart + i] === name[i]) i += 1;
      if (i >= length) return new Value(type, bytes, valueStart, valueEnd(type, bytes, valueStart));
    }
    at = valueEnd(type, bytes, valueStart);
  }
  return undefined;
}

/** Short ASCII names read before, by a hash of their bytes: most documents have the names of the one before. */
const knownNames: (string | undefined)[] = new Array(1024).fill(undefined);
let nameEnd = 0;

/** The name that begins at `start`; leaves where it ends in `nameEnd`. */
function readName(bytes: Buffer, start: number): string {
  let hash = 0;
  let end = start;
  for (let byte = bytes[end]; byte !== 0; byte = bytes[end]) {
    hash = (hash * 31 + (byte ?? 0)) | 0;
    end += 1;
  }
  nameEnd = end;
  const known = knownNames[hash & 1023];
  if (known?.length === end - start) {
    let i = 0;
    while (i < known.length && known.charCodeAt(i) === bytes[start + i]) i += 1;
    if (i === known.length) return known;
  }
  const name = bytes.toString('utf8', start, end);
  if (name.length === end - start && name.length < 64) knownNames[hash & 1023] = name;
  return name;
}

/** Calls `visit` with each field in order until it returns true; tells whether it did. */
export function someField(bytes: Buffer, start: number, visit: (name: string, value: Value) => boolean): boolean {
  const end = start + bytes.readInt32LE(start) - 1;
  let at = start + 4;
  while (at < end) {
    const type = bytes[at] ?? 0;
    const name = readName(bytes, at + 1);
    const valueStart = nameEnd + 1;
    at = valueEnd(type, bytes, valueStart);
    if (visit(name, new Value(type, bytes, valueStart, at))) return true;
  }
  return false;
}

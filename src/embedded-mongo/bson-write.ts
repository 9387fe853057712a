// Writing BSON: answers from plain objects and undecoded values. Reading is in bson-raw.ts.
import { BsonType, Value } from './bson-raw.js';

/** Finished documents to be written as one array, without looking into them. */
export class RawArray {
  readonly documents: readonly Buffer[];

  constructor(documents: readonly Buffer[]) {
    this.documents = documents;
  }
}

/** A growing buffer with BSON's primitives. One writer builds one thing at a time; `take` copies the result out. */
export class BsonWriter {
  bytes = Buffer.allocUnsafe(16_384);
  position = 0;

  /** Makes sure that `count` more bytes fit. */
  reserve(count: number): void {
    if (this.position + count <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.bytes.length * 2, this.position + count));
    this.bytes.copy(grown, 0, 0, this.position);
    this.bytes = grown;
  }

  int32(value: number): void {
    this.reserve(4);
    this.position = this.bytes.writeInt32LE(value | 0, this.position);
  }

  raw(source: Buffer, start = 0, end = source.length): void {
    this.reserve(end - start);
    // for a few bytes a call into the runtime costs more than a loop
    if (end - start > 48) source.copy(this.bytes, this.position, start, end);
    else for (let i = start; i < end; i += 1) this.bytes[this.position + i - start] = source[i] ?? 0;
    this.position += end - start;
  }

  /** The type and name that begin an element. */
  element(type: number, name: string): void {
    this.reserve(2 + name.length * 3);
    this.bytes[this.position] = type;
    const start = this.position + 1;
    let end = start;
    for (let code = name.charCodeAt(0); code < 0x80; code = name.charCodeAt(end - start)) this.bytes[end++] = code;
    if (end - start < name.length) end = start + this.bytes.write(name, start);
    this.bytes[end] = 0;
    this.position = end + 1;
  }

  /** Begins a document and returns what `endDocument` needs. */
  beginDocument(): number {
    this.reserve(4);
    this.position += 4;
    return this.position - 4;
  }

  endDocument(start: number): void {
    this.reserve(1);
    this.bytes[this.position] = 0;
    this.position += 1;
    this.bytes.writeInt32LE(this.position - start, start);
  }

  /** An undecoded value under a name. */
  value(name: string, value: Value): void {
    this.element(value.type, name);
    this.raw(value.bytes, value.start, value.end);
  }

  string(text: string): void {
    const at = this.position;
    this.reserve(5 + text.length * 3);
    const written = this.bytes.write(text, at + 4);
    this.bytes.writeInt32LE(written + 1, at);
    this.bytes[at + 4 + written] = 0;
    this.position = at + 5 + written;
  }

  double(value: number): void {
    this.reserve(8);
    this.position = this.bytes.writeDoubleLE(value, this.position);
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.position = this.bytes.writeBigInt64LE(value, this.position);
  }

  /** Any plain value: whole numbers become int32 (or int64 for bigint), Buffers are finished documents, Values are copied. */
  plain(name: string, value: unknown): void {
    if (value === undefined) return;
    if (typeof value === 'number') {
      const isInt32 = (value | 0) === value && !Object.is(value, -0);
      this.element(isInt32 ? BsonType.int32 : BsonType.double, name);
      if (isInt32) this.int32(value);
      else this.double(value);
    } else if (typeof value === 'string') {
      this.element(BsonType.string, name);
      this.string(value);
    } else if (typeof value === 'boolean') {
      this.element(BsonType.boolean, name);
      this.reserve(1);
      this.bytes[this.position++] = value ? 1 : 0;
    } else if (typeof value === 'bigint') {
      this.element(BsonType.int64, name);
      this.int64(value);
    } else if (value === null) {
      this.element(BsonType.null, name);
    } else {
      this.composite(name, value);
    }
  }

  private composite(name: string, value: unknown): void {
    if (value instanceof Value) {
      this.value(name, value);
    } else if (Buffer.isBuffer(value)) {
      this.element(BsonType.object, name);
      this.raw(value);
    } else if (value instanceof Date) {
      this.element(BsonType.date, name);
      this.int64(BigInt(value.getTime()));
    } else if (value instanceof RawArray) {
      this.element(BsonType.array, name);
      const start = this.beginDocument();
      for (const [i, document] of value.documents.entries()) {
        this.element(BsonType.object, String(i));
        this.raw(document);
      }
      this.endDocument(start);
    } else if (Array.isArray(value)) {
      this.element(BsonType.array, name);
      const start = this.beginDocument();
      for (const [i, item] of value.entries()) this.plain(String(i), item ?? null);
      this.endDocument(start);
    } else {
      this.element(BsonType.object, name);
      this.document(value as object);
    }
  }

  /** A plain object as a document. Fields that are undefined are left out. */
  document(object: object): void {
    const start = this.beginDocument();
    if (object instanceof Map) for (const [name, value] of object) this.plain(String(name), value);
    else for (const [name, value] of Object.entries(object)) this.plain(name, value);
    this.endDocument(start);
  }

  /** A copy of what was written since `start`; the writer goes back to there. */
  take(start = 0): Buffer {
    const copy = Buffer.from(this.bytes.subarray(start, this.position));
    this.position = start;
    if (start === 0 && this.bytes.length > 1_048_576) this.bytes = Buffer.allocUnsafe(16_384);
    return copy;
  }
}

const shared = new BsonWriter();

/** A plain object as BSON bytes; see `BsonWriter.plain` for how values are written. */
export function writeDocument(object: object): Buffer {
  const start = shared.position;
  shared.document(object);
  return shared.take(start);
}

/** A plain value as an undecoded one. */
export function toValue(plain: unknown): Value {
  const document = writeDocument({ v: plain });
  return new Value(document[4] ?? 0, document, 7, document.length - 1);
}

/** A number as a double, even if it is whole. */
export function doubleValue(number: number): Value {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeDoubleLE(number);
  return new Value(BsonType.double, bytes, 0, 8);
}

/** A BSON timestamp: seconds since 1970 in the upper, a counter in the lower 32 bits. */
export function timestampValue(at: bigint): Value {
  const bytes = Buffer.allocUnsafe(8);
  bytes.writeBigUInt64LE(at);
  return new Value(BsonType.timestamp, bytes, 0, 8);
}

// Finding the values within an encoded key. How they are written is in key-encoding.ts.
import { KeyType } from './key-encoding.js';

/** Where the encoded value that begins at `start` ends; `mask` is 0xff for an inverted one. At most `key.length`. */
export function skipValue(key: Buffer, start: number, mask: number): number {
  const type = (key[start] ?? 0) ^ mask;
  switch (type) {
    case KeyType.number:
      return start + 10 + (((key[start + 9] ?? 0) ^ mask) === 0 ? 0 : 16);
    case KeyType.numberBelowDouble:
    case KeyType.numberAboveDouble:
      return start + 37;
    case KeyType.string:
    case KeyType.code:
      return skipText(key, start + 1, mask);
    case KeyType.regex:
      return skipText(key, skipText(key, start + 1, mask), mask);
    case KeyType.objectId:
      return start + 13;
    case KeyType.date:
    case KeyType.timestamp:
      return start + 9;
    case KeyType.binary: {
      let length = 0;
      for (let i = 1; i <= 4; i += 1) length = length * 256 + ((key[start + i] ?? 0) ^ mask);
      return start + 6 + length;
    }
    case KeyType.dbPointer:
      return skipText(key, start + 1, mask) + 12;
    case KeyType.codeWithScope:
      return skipValue(key, skipText(key, start + 1, mask), mask);
    case KeyType.object:
    case KeyType.array:
      return skipFields(key, start + 1, type === KeyType.object, mask);
    default:
      return start + 1;
  }
}

function skipText(key: Buffer, start: number, mask: number): number {
  let at = start;
  while (at < key.length) {
    if (((key[at] ?? 0) ^ mask) !== 0) at += 1;
    else if (((key[at + 1] ?? 0) ^ mask) === 0) return at + 2;
    else at += 2;
  }
  return at;
}

function skipFields(key: Buffer, start: number, hasNames: boolean, mask: number): number {
  let at = start;
  while (at < key.length && ((key[at] ?? 0) ^ mask) !== 0)
    at = skipValue(key, hasNames ? skipText(key, at + 1, mask) : at, mask);
  return at + 1;
}

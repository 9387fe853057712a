// Hints: naming an index by its name or its key pattern.
import { BsonType, fieldsOf, stringOf, type Value } from '../bson-raw.js';
import type { Collection } from '../catalog.js';
import { CommandError } from '../errors.js';
import { isIdPattern, isSamePattern, patternOf } from '../index-spec.js';

/** The name of the index a hint means, or `$natural`; undefined without a hint. Throws `BadValue` if there is none. */
export function hintOf(hint: Value | undefined, collection: Collection | undefined): string | undefined {
  if (hint === undefined || hint.type === BsonType.null || !collection) return undefined;
  if (hint.type === BsonType.string) return stringOf(hint);
  if (hint.type !== BsonType.object) throw new CommandError('FailedToParse', 'Hint must be a string or an object');
  const [first] = fieldsOf(hint);
  if (first === undefined) return undefined;
  if (first[0] === '$natural') return '$natural';
  if (isIdPattern(hint)) return '_id_';
  const index = collection.indexes.find((candidate) => isSamePattern(patternOf(candidate), hint));
  if (!index) throw new CommandError('BadValue', 'hint provided does not correspond to an existing index');
  return index.name;
}

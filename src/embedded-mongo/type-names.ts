// The names and numbers of BSON types that `$type` takes.
import { BsonType, elementsOf, isNumber, numberOf, stringOf, type Value } from './bson-raw.js';
import { CommandError } from './errors.js';

const aliases: Readonly<Record<string, number>> = {
  double: BsonType.double,
  string: BsonType.string,
  object: BsonType.object,
  array: BsonType.array,
  binData: BsonType.binary,
  undefined: BsonType.undefined,
  objectId: BsonType.objectId,
  bool: BsonType.boolean,
  date: BsonType.date,
  null: BsonType.null,
  regex: BsonType.regex,
  dbPointer: BsonType.dbPointer,
  javascript: BsonType.code,
  symbol: BsonType.symbol,
  javascriptWithScope: BsonType.codeWithScope,
  int: BsonType.int32,
  timestamp: BsonType.timestamp,
  long: BsonType.int64,
  decimal: BsonType.decimal,
  minKey: BsonType.minKey,
  maxKey: BsonType.maxKey,
};

const numberTypes = [BsonType.double, BsonType.int32, BsonType.int64, BsonType.decimal];

/** The name of a BSON type as the manual writes it. */
export function typeName(type: number): string {
  return Object.keys(aliases).find((name) => aliases[name] === type) ?? String(type);
}

/** The test of `{$type: operand}`: a name, a number, or an array of them. Throws `BadValue` for unknown ones. */
export function typeMatcher(operand: Value): (value: Value | undefined) => boolean {
  const wanted = new Set<number>();
  const given = operand.type === BsonType.array ? elementsOf(operand) : [operand];
  if (given.length === 0) throw new CommandError('FailedToParse', '$type must match at least one type');
  for (const each of given) for (const type of typesOf(each)) wanted.add(type);
  return (value) => value !== undefined && wanted.has(value.type);
}

function typesOf(value: Value): readonly number[] {
  if (value.type === BsonType.string) {
    const name = stringOf(value);
    if (name === 'number') return numberTypes;
    const type = aliases[name];
    if (type === undefined) throw new CommandError('BadValue', `Unknown type name alias: ${name}`);
    return [type];
  }
  if (!isNumber(value)) throw new CommandError('TypeMismatch', 'type must be represented as a number or a string');
  const code = numberOf(value);
  const type = code === -1 ? BsonType.minKey : code;
  if (!Object.values(aliases).includes(type))
    throw new CommandError('BadValue', `Invalid numerical type code: ${code}`);
  return [type];
}

// The names and numbers of BSON types that `$type` takes.
import { BsonType, type Value } from './bson-raw.js';
import { badValue, failedToParse, typeMismatch } from './errors.js';
import { bson } from './lazy.js';

const numberTypes = [BsonType.double, BsonType.int32, BsonType.int64, BsonType.decimal];

/** The types by the names the manual has for them; -1 is minKey, as in `$type`. */
const aliases = (): Readonly<Record<string, number>> => bson().BSONType;

/** The name of a BSON type as the manual writes it. */
export function typeName(type: number): string {
  const code = type === BsonType.minKey ? -1 : type;
  return Object.entries(aliases()).find(([, other]) => other === code)?.[0] ?? String(type);
}

/** The test of `{$type: operand}`: a name, a number, or an array of them. Throws `BadValue` for unknown ones. */
export function typeMatcher(operand: Value): (value: Value | undefined) => boolean {
  const wanted = new Set<number>();
  const given = operand.type === BsonType.array ? operand.elements() : [operand];
  if (given.length === 0) throw failedToParse('$type must match at least one type');
  for (const each of given) for (const type of typesOf(each)) wanted.add(type);
  return (value) => value !== undefined && wanted.has(value.type);
}

function typesOf(value: Value): readonly number[] {
  const isName = value.type === BsonType.string;
  if (!isName && !value.isNumber()) throw typeMismatch('type must be represented as a number or a string');
  if (isName && value.text() === 'number') return numberTypes;
  const code = isName ? aliases()[value.text()] : value.number();
  if (code === undefined) throw badValue(`Unknown type name alias: ${value.text()}`);
  if (!Object.values(aliases()).includes(code)) throw badValue(`Invalid numerical type code: ${code}`);
  return [code === -1 ? BsonType.minKey : code];
}

// Index specifications as clients send them: checking, completing, and describing a key in an error. Not the index itself (catalog.ts).
import {
  BsonType,
  decimalTextOf,
  documentValue,
  fieldsOf,
  findField,
  isIdentical,
  isNumber,
  isTruthy,
  numberOf,
  stringOf,
  type Value,
} from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import { CommandError, notSupported } from './errors.js';
import { compileFilter, conjunctsOf } from './match.js';
import { keyValuesAt, parsePath } from './path.js';

/** The key pattern of the index that every collection has. */
export const idPattern = writeDocument({ _id: 1 });

const idSpec = writeDocument({ v: 2, key: { _id: 1 }, name: '_id_' });

/** The specification of the `_id` index as `listIndexes` gives it. */
export function idIndexSpec(): Buffer {
  return idSpec;
}

/** The `key` of an index. */
export function patternOf(index: { readonly spec: Buffer }): Value {
  return findField(index.spec, 0, Buffer.from('key')) as Value;
}

/** The pattern, the values of a document under it, and both as MongoDB prints them in E11000. */
export function describeKey(
  pattern: Value,
  document: Buffer,
): { keyPattern: Value; keyValue: Map<string, Value | null>; shown: string } {
  const keyValue = new Map<string, Value | null>();
  for (const [name] of fieldsOf(pattern)) keyValue.set(name, keyValuesAt(document, parsePath(name)).values[0] ?? null);
  const shown = [...keyValue].map(([name, value]) => `${name}: ${value ? show(value) : 'null'}`).join(', ');
  return { keyPattern: pattern, keyValue, shown: `{ ${shown} }` };
}

function show(value: Value): string {
  const { type, bytes, start, end } = value;
  switch (type) {
    case BsonType.string:
      return JSON.stringify(stringOf(value));
    case BsonType.objectId:
      return `ObjectId('${bytes.toString('hex', start, end)}')`;
    case BsonType.date:
      return `new Date(${bytes.readBigInt64LE(start)})`;
    case BsonType.boolean:
      return String(bytes[start] === 1);
    case BsonType.decimal:
      return decimalTextOf(value);
    case BsonType.int64:
      return String(bytes.readBigInt64LE(start));
    case BsonType.double:
    case BsonType.int32: {
      const number = numberOf(value);
      return type === BsonType.double && Number.isInteger(number) ? number.toFixed(1) : String(number);
    }
    case BsonType.object:
      return `{ ${fieldsOf(value)
        .map(([name, field]) => `${name}: ${show(field)}`)
        .join(', ')} }`;
    case BsonType.array:
      return `[ ${fieldsOf(value)
        .map(([, field]) => show(field))
        .join(', ')} ]`;
    case BsonType.binary:
      return `BinData(${bytes[start + 4]}, ${bytes.toString('hex', start + 5, end).toUpperCase()})`;
    default:
      return type === BsonType.null ? 'null' : `(type ${type})`;
  }
}

const knownOptions: readonly string[] = [
  'v',
  'key',
  'name',
  'ns',
  'unique',
  'sparse',
  'background',
  'partialFilterExpression',
  'expireAfterSeconds',
  'collation',
  'hidden',
];

const partialOperators: readonly string[] = ['eq', 'gt', 'gte', 'lt', 'lte', 'exists', 'type', 'in'];

/** Checks an index specification and returns it as it will be kept. Throws `CannotCreateIndex` or names what is not supported. */
export function checkIndexSpec(spec: Value): Buffer {
  const options = new Map(fieldsOf(spec));
  for (const name of options.keys()) {
    if (
      ['weights', 'default_language', 'textIndexVersion', '2dsphereIndexVersion', 'wildcardProjection'].includes(name)
    ) {
      throw notSupported(`The index option ${name}`);
    }
    if (!knownOptions.includes(name)) {
      throw new CommandError(
        'InvalidIndexSpecificationOption',
        `The field '${name}' is not valid for an index specification.`,
      );
    }
  }
  const key = options.get('key');
  const name = options.get('name');
  if (key?.type !== BsonType.object)
    throw new CommandError('FailedToParse', "The 'key' field is a required property of an index specification");
  if (name?.type !== BsonType.string)
    throw new CommandError('FailedToParse', "The 'name' field is a required property of an index specification");
  checkPattern(key);
  if (options.has('collation') && !isSimpleCollation(options.get('collation') as Value))
    throw notSupported('An index with a collation');
  const hidden = options.get('hidden');
  if (hidden && isTruthy(hidden)) throw notSupported('A hidden index');
  checkExpiry(options.get('expireAfterSeconds'), key);
  const partial = options.get('partialFilterExpression');
  if (partial) checkPartialFilter(partial);
  if (partial && options.has('sparse'))
    throw new CommandError('CannotCreateIndex', 'cannot mix "partialFilterExpression" and "sparse" options');
  const kept = new Map<string, unknown>([
    ['v', 2],
    ['key', key],
    ['name', name],
  ]);
  for (const flag of ['unique', 'sparse'] as const) {
    const value = options.get(flag);
    if (value && isTruthy(value)) kept.set(flag, true);
  }
  for (const option of ['partialFilterExpression', 'expireAfterSeconds'])
    if (options.has(option)) kept.set(option, options.get(option));
  return writeDocument(kept);
}

function checkPattern(key: Value): void {
  const fields = fieldsOf(key);
  if (fields.length === 0) throw new CommandError('CannotCreateIndex', 'Index keys cannot be an empty object');
  if (fields.length > 32) throw new CommandError('CannotCreateIndex', 'Index key pattern has more than 32 fields');
  for (const [path, direction] of fields) {
    if (direction.type === BsonType.string) throw notSupported(`An index of type ${stringOf(direction)}`);
    if (!isNumber(direction) || numberOf(direction) === 0 || Number.isNaN(numberOf(direction))) {
      throw new CommandError('CannotCreateIndex', `Index directions must be numbers other than 0: ${path}`);
    }
    if (path === '' || path.split('.').includes(''))
      throw new CommandError('CannotCreateIndex', 'Index keys cannot be an empty field.');
    if (path.includes('$**')) throw notSupported('A wildcard index');
    if (path.startsWith('$'))
      throw new CommandError('CannotCreateIndex', `Index key contains an illegal field name: ${path}`);
  }
}

function checkExpiry(expiry: Value | undefined, key: Value): void {
  if (!expiry) return;
  const seconds = numberOf(expiry);
  if (!(seconds >= 0 && seconds <= 2_147_483_647)) {
    throw new CommandError('CannotCreateIndex', 'TTL index expireAfterSeconds must be within 0 and 2147483647');
  }
  if (fieldsOf(key).length !== 1) throw new CommandError('CannotCreateIndex', 'TTL indexes are single-field indexes');
}

function checkPartialFilter(filter: Value): void {
  if (filter.type !== BsonType.object)
    throw new CommandError('CannotCreateIndex', 'partialFilterExpression must be an object');
  for (const conjunct of conjunctsOf(compileFilter(filter))) {
    if (conjunct.kind !== 'field' || !partialOperators.includes(conjunct.predicate.operator)) {
      throw new CommandError('CannotCreateIndex', 'unsupported expression in partial index');
    }
  }
}

/** True if a collation asks for plain byte order, the only one there is. */
export function isSimpleCollation(collation: Value): boolean {
  if (collation.type !== BsonType.object) return false;
  const locale = findField(collation.bytes, collation.start, Buffer.from('locale'));
  return locale === undefined || (locale.type === BsonType.string && stringOf(locale) === 'simple');
}

/** True if both specifications mean the same index, whatever their names. */
export function isSameIndex(a: Buffer, b: Buffer): boolean {
  return ['key', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds'].every((name) => {
    const x = findField(a, 0, Buffer.from(name));
    const y = findField(b, 0, Buffer.from(name));
    if (!x || !y) return x === y;
    return isNumber(x) ? numberOf(x) === numberOf(y) : name === 'key' ? isSamePattern(x, y) : isIdentical(x, y);
  });
}

/** True if two key patterns name the same fields in the same order and directions. */
export function isSamePattern(a: Value, b: Value): boolean {
  const x = fieldsOf(a);
  const y = fieldsOf(b);
  return (
    x.length === y.length &&
    x.every(([name, value], i) => name === y[i]?.[0] && numberOf(value) < 0 === numberOf(y[i][1]) < 0)
  );
}

/** A key pattern from plain numbers, for looking up `_id`. */
export function isIdPattern(pattern: Value): boolean {
  return isSamePattern(pattern, documentValue(idPattern));
}

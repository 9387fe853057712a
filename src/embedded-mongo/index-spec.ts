// Index specifications as clients send them, and hints: checking, completing, naming; and describing a key in an error. The index itself
// is in catalog.ts.
import { BsonType, documentValue, type Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';
import type { Collection, Index } from './catalog.js';
import { badValue, CommandError, cannotCreateIndex, failedToParse, notSupported } from './errors.js';
import { bson } from './lazy.js';
import { compileFilter, conjunctsOf } from './match.js';
import { keyValuesAt, parsePath } from './path.js';

/** The key pattern of the index that every collection has. */
export const idPattern = documentValue(writeDocument({ _id: 1 }));

/** The specification of the `_id` index as `listIndexes` gives it. */
export const idSpec = writeDocument({ v: 2, key: idPattern, name: '_id_' });

/** The `key` of an index specification. */
export const patternOf = (spec: Buffer): Value => documentValue(spec).field('key') as Value;

/** The `name` of an index specification. */
export const nameOf = (spec: Buffer): string => (documentValue(spec).field('name') as Value).text();

/** The error of a second document with the same key in an index, in MongoDB's words. */
export function duplicateKey(namespace: string, spec: Buffer, document: Buffer): CommandError {
  const keyPattern = patternOf(spec);
  const keyValue = new Map(
    keyPattern.fields().map(([name]) => [name, keyValuesAt(document, parsePath(name)).values[0] ?? null]),
  );
  const shown = [...keyValue].map(([name, value]) => `${name}: ${value ? show(value) : 'null'}`).join(', ');
  const message = `E11000 duplicate key error collection: ${namespace} index: ${nameOf(spec)} dup key: { ${shown} }`;
  return new CommandError('DuplicateKey', message, { keyPattern, keyValue });
}

function show(value: Value): string {
  const { type, bytes, start, end } = value;
  switch (type) {
    case BsonType.string:
      return JSON.stringify(value.text());
    case BsonType.objectId:
      return `ObjectId('${bytes.toString('hex', start, end)}')`;
    case BsonType.date:
      return `new Date(${bytes.readBigInt64LE(start)})`;
    default: {
      const { deserialize, EJSON } = bson();
      return EJSON.stringify(deserialize(writeDocument({ value }), { promoteValues: false })['value']);
    }
  }
}

const knownOptions: readonly string[] =
  'v key name ns unique sparse background partialFilterExpression expireAfterSeconds collation hidden'.split(' ');

const partialOperators: readonly string[] = ['eq', 'gt', 'gte', 'lt', 'lte', 'exists', 'type', 'in'];

/** Checks an index specification and returns it as it will be kept. Throws `CannotCreateIndex` or names what is not supported. */
export function checkIndexSpec(spec: Value): Buffer {
  const options = new Map(spec.fields());
  const unknown = [...options.keys()].find((name) => !knownOptions.includes(name));
  if (unknown !== undefined) {
    const message = `The field '${unknown}' is not valid for an index specification of the embedded store.`;
    throw new CommandError('InvalidIndexSpecificationOption', message);
  }
  const key = options.get('key');
  const name = options.get('name');
  if (key?.type !== BsonType.object || name?.type !== BsonType.string)
    throw failedToParse("The 'key' and 'name' fields are required properties of an index specification");
  checkPattern(key);
  checkCollation(options.get('collation'));
  if (options.get('hidden')?.isTruthy()) throw notSupported('A hidden index');
  const expireAfterSeconds = options.get('expireAfterSeconds');
  checkExpiry(expireAfterSeconds, key);
  const partialFilterExpression = options.get('partialFilterExpression');
  if (partialFilterExpression) checkPartialFilter(partialFilterExpression);
  if (partialFilterExpression && options.has('sparse'))
    throw cannotCreateIndex('cannot mix "partialFilterExpression" and "sparse" options');
  const flag = (option: string) => (options.get(option)?.isTruthy() ? true : undefined);
  const flags = { unique: flag('unique'), sparse: flag('sparse') };
  return writeDocument({ v: 2, key, name, ...flags, partialFilterExpression, expireAfterSeconds });
}

function checkPattern(key: Value): void {
  const fields = key.fields();
  if (fields.length === 0) throw cannotCreateIndex('Index keys cannot be an empty object');
  if (fields.length > 32) throw cannotCreateIndex('Index key pattern has more than 32 fields');
  for (const [path, direction] of fields) {
    if (direction.type === BsonType.string) throw notSupported(`An index of type ${direction.text()}`);
    if (!direction.isNumber() || direction.number() === 0 || Number.isNaN(direction.number())) {
      throw cannotCreateIndex(`Index directions must be numbers other than 0: ${path}`);
    }
    if (path === '' || path.split('.').includes('')) throw cannotCreateIndex('Index keys cannot be an empty field.');
    if (path.includes('$**')) throw notSupported('A wildcard index');
    if (path.startsWith('$')) throw cannotCreateIndex(`Index key contains an illegal field name: ${path}`);
  }
}

function checkExpiry(expiry: Value | undefined, key: Value): void {
  if (!expiry) return;
  const seconds = expiry.number();
  if (!(seconds >= 0 && seconds <= 2_147_483_647))
    throw cannotCreateIndex('TTL index expireAfterSeconds must be within 0 and 2147483647');
  if (key.fields().length !== 1) throw cannotCreateIndex('TTL indexes are single-field indexes');
}

function checkPartialFilter(filter: Value): void {
  if (filter.type !== BsonType.object) throw cannotCreateIndex('partialFilterExpression must be an object');
  for (const conjunct of conjunctsOf(compileFilter(filter))) {
    if (conjunct.kind !== 'field' || !partialOperators.includes(conjunct.predicate.operator))
      throw cannotCreateIndex('unsupported expression in partial index');
  }
}

/** Throws if a collation asks for anything but plain byte order, the only one there is. */
export function checkCollation(collation: Value | undefined): void {
  const locale = collation?.field('locale');
  const isSimple = locale === undefined || (locale.type === BsonType.string && locale.text() === 'simple');
  if (collation && !(collation.type === BsonType.object && isSimple)) throw notSupported('A collation');
}

/** True if both specifications mean the same index, whatever their names. */
export function isSameIndex(a: Buffer, b: Buffer): boolean {
  return ['key', 'unique', 'sparse', 'partialFilterExpression', 'expireAfterSeconds'].every((name) => {
    const x = documentValue(a).field(name);
    const y = documentValue(b).field(name);
    if (!x || !y) return x === y;
    return x.isNumber() ? x.number() === y.number() : name === 'key' ? isSamePattern(x, y) : x.isIdentical(y);
  });
}

/** True if two key patterns name the same fields in the same order and directions. */
export function isSamePattern(a: Value, b: Value): boolean {
  const x = a.fields();
  const y = b.fields();
  return (
    x.length === y.length &&
    x.every(([name, value], i) => name === y[i]?.[0] && value.number() < 0 === y[i][1].number() < 0)
  );
}

/** The name of the index that a key pattern means; undefined if there is none. */
export function indexWithPattern(indexes: readonly Index[], pattern: Value): string | undefined {
  if (isSamePattern(pattern, idPattern)) return '_id_';
  return indexes.find(({ spec }) => isSamePattern(patternOf(spec), pattern))?.name;
}

/** The name of the index a hint means, or `$natural`; undefined without a hint. Throws `BadValue` if there is none. */
export function hintOf(hint: Value | undefined, collection: Collection | undefined): string | undefined {
  if (hint === undefined || hint.type === BsonType.null || !collection) return undefined;
  if (hint.type === BsonType.string) return hint.text();
  if (hint.type !== BsonType.object) throw failedToParse('Hint must be a string or an object');
  const [first] = hint.fields();
  if (first === undefined || first[0] === '$natural') return first?.[0];
  const name = indexWithPattern(collection.indexes, hint);
  if (name === undefined) throw badValue('hint provided does not correspond to an existing index');
  return name;
}

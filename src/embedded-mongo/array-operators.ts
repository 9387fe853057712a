// The update operators on arrays. The list of all operators is in update-operators.ts.
import { BsonType, type Value } from './bson-raw.js';
import { toValue } from './bson-write.js';
import { badValue, failedToParse, typeMismatch } from './errors.js';
import { compareValues, encodeValue, typeBracket } from './key-encoding.js';
import { compileElementFilter } from './match.js';
import { compileSort, sortKeyOf } from './sort.js';
import { closeTree, isTree, type Node, type Tree } from './tree.js';
import { typeName } from './type-names.js';
import type { CompileOperator, FieldUpdate } from './update-operators.js';

/** An opened array; undefined if there is no field. Throws if something else is there. */
function arrayIn(now: Node | undefined, operator: string, path: string): Tree | undefined {
  if (now === undefined) return undefined;
  if (isTree(now) && now.type === BsonType.array) return now;
  const error = operator === '$pop' ? typeMismatch : badValue;
  throw error(`${operator}: '${path}' must be an array, not ${typeName(now.type)}`);
}

const newArray = (): Tree => ({ type: BsonType.array, fields: [] });

/** A value as text that is the same for all values that are equal. */
const equalityKey = (value: Value) => encodeValue(value).toString('latin1');

/** `$push`, with its modifiers. */
export const push: CompileOperator = (operand) => {
  const options = new Map(operand.type === BsonType.object ? operand.fields() : []);
  const list = options.get('$each');
  if (list === undefined) return pushing([operand], {});
  if (list.type !== BsonType.array) throw badValue(`$each must be an array, not ${typeName(list.type)}`);
  const unknown = [...options.keys()].find((name) => !['$each', '$position', '$slice', '$sort'].includes(name));
  if (unknown !== undefined) throw badValue(`Unrecognized clause in $push: ${unknown}`);
  const whole = (name: string) => {
    const number = options.get(name)?.number();
    if (number !== undefined && !Number.isInteger(number))
      throw badValue(`The value for ${name} must be an integer value`);
    return number;
  };
  const sort = options.get('$sort');
  return pushing(list.elements(), {
    position: whole('$position'),
    slice: whole('$slice'),
    compare: sort && comparing(sort),
  });
};

interface PushOptions {
  readonly position?: number | undefined;
  readonly slice?: number | undefined;
  readonly compare?: ((a: Value, b: Value) => number) | undefined;
}

function pushing(added: readonly Value[], { position, slice, compare }: PushOptions): FieldUpdate {
  return (now, path) => {
    const array = arrayIn(now, '$push', path) ?? newArray();
    array.fields.splice(position ?? array.fields.length, 0, ...added.map((node) => ({ name: '', node })));
    if (compare) array.fields.sort((a, b) => compare(closeTree(a.node), closeTree(b.node)));
    if (slice !== undefined) array.fields = slice >= 0 ? array.fields.slice(0, slice) : array.fields.slice(slice);
    return array;
  };
}

function comparing(sort: Value): (a: Value, b: Value) => number {
  if (sort.isNumber()) {
    const direction = sort.number();
    if (direction !== 1 && direction !== -1) throw badValue('The $sort element value must be either 1 or -1');
    return (a, b) => direction * compareValues(a, b);
  }
  if (sort.type !== BsonType.object) throw badValue('The $sort must be 1, -1 or a document of them');
  const fields = compileSort(sort);
  const empty = toValue({});
  const keyOf = (value: Value) => sortKeyOf((value.type === BsonType.object ? value : empty).raw(), fields);
  return (a, b) => keyOf(a).compare(keyOf(b));
}

/** `$addToSet`. */
export const addToSet: CompileOperator = (operand) => {
  const [first, second] = operand.type === BsonType.object ? operand.fields() : [];
  const list = first?.[0] === '$each' ? first[1] : undefined;
  if (list && second) throw badValue(`Found unexpected fields after $each in $addToSet: ${second[0]}`);
  if (list && list.type !== BsonType.array) throw typeMismatch('The argument to $each in $addToSet must be an array');
  const added = list ? list.elements() : [operand];
  return (now, path) => {
    const array = arrayIn(now, '$addToSet', path) ?? newArray();
    const present = new Set(array.fields.map(({ node }) => equalityKey(closeTree(node))));
    for (const node of added) {
      const key = equalityKey(node);
      if (!present.has(key)) array.fields.push({ name: '', node });
      present.add(key);
    }
    return array;
  };
};

function removing(operator: string, isRemoved: (element: Value) => boolean): FieldUpdate {
  return (now, path) => {
    const array = arrayIn(now, operator, path);
    if (array) array.fields = array.fields.filter(({ node }) => !isRemoved(closeTree(node)));
    return array;
  };
}

/** `$pull`. */
export const pull: CompileOperator = (operand) => {
  if (operand.type === BsonType.object) return removing('$pull', compileElementFilter(operand));
  if (operand.type === BsonType.regex) return removing('$pull', compileElementFilter(toValue({ $in: [operand] })));
  const wanted = encodeValue(operand);
  const bracket = typeBracket(operand.type);
  return removing('$pull', (element) => typeBracket(element.type) === bracket && encodeValue(element).equals(wanted));
};

/** `$pullAll`. */
export const pullAll: CompileOperator = (operand) => {
  if (operand.type !== BsonType.array)
    throw badValue(`$pullAll requires an array argument but was given a ${typeName(operand.type)}`);
  const wanted = new Set(operand.elements().map(equalityKey));
  return removing('$pullAll', (element) => wanted.has(equalityKey(element)));
};

/** `$pop`. */
export const pop: CompileOperator = (operand, path) => {
  const direction = operand.number();
  if (direction !== 1 && direction !== -1)
    throw failedToParse(`$pop expects 1 or -1, found: ${direction} (field ${path})`);
  return (now, at) => {
    const array = arrayIn(now, '$pop', at);
    if (direction === 1) array?.fields.pop();
    else array?.fields.shift();
    return array;
  };
};

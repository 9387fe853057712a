import { BsonType, elementsOf, fieldsOf, isNumber, numberOf, type Value, valueBytes } from './bson-raw.js';
import { toValue } from './bson-write.js';
import { CommandError } from './errors.js';
import { compareValues, encodeValue, typeBracket } from './key-encoding.js';
import { compileElementFilter } from './match.js';
import { compileSort, sortKeyOf } from './sort.js';
import { closeTree, isTree, setField, type Tree } from './tree.js';
import { typeName } from './type-names.js';

import type { FieldUpdate } from './update-operators.js';

/** The array at a field, opened; undefined if there is none. Throws if something else is there. */
function arrayAt(child: Tree | Value | undefined, operator: string, path: string): Tree | undefined {
  if (child === undefined) return undefined;
  if (isTree(child) && child.type === BsonType.array) return child;
  throw new CommandError('BadValue', `${operator}: '${path}' must be an array, not ${typeName(child.type)}`);
}

interface PushOptions {
  readonly added: readonly Value[];
  readonly position: number | undefined;
  readonly slice: number | undefined;
  readonly sort: Value | undefined;
}

function parsePush(operand: Value): PushOptions {
  const options = operand.type === BsonType.object ? new Map(fieldsOf(operand)) : new Map<string, Value>();
  const list = options.get('$each');
  if (list === undefined) return { added: [operand], position: undefined, slice: undefined, sort: undefined };
  if (list.type !== BsonType.array)
    throw new CommandError('BadValue', `$each must be an array, not ${typeName(list.type)}`);
  for (const name of options.keys()) {
    if (!['$each', '$position', '$slice', '$sort'].includes(name))
      throw new CommandError('BadValue', `Unrecognized clause in $push: ${name}`);
  }
  const whole = (name: string) => {
    const value = options.get(name);
    if (value === undefined) return undefined;
    if (!isNumber(value) || !Number.isInteger(numberOf(value)))
      throw new CommandError('BadValue', `The value for ${name} must be an integer value`);
    return numberOf(value);
  };
  return { added: elementsOf(list), position: whole('$position'), slice: whole('$slice'), sort: options.get('$sort') };
}

/** `$push`, with its modifiers. */
export const push = (operand: Value): FieldUpdate => {
  const { added, position, slice, sort } = parsePush(operand);
  const compare = sort ? arraySort(sort) : undefined;
  return {
    createsPath: true,
    apply(tree, name, { child, path }) {
      const array = arrayAt(child, '$push', path) ?? { type: BsonType.array, fields: [] };
      const at =
        position === undefined
          ? array.fields.length
          : position < 0
            ? Math.max(0, array.fields.length + position)
            : position;
      array.fields.splice(at, 0, ...added.map((node) => ({ name: '', node })));
      if (compare) array.fields.sort((a, b) => compare(closeTree(a.node), closeTree(b.node)));
      if (slice !== undefined) array.fields = slice >= 0 ? array.fields.slice(0, slice) : array.fields.slice(slice);
      setField(tree, name, array);
    },
  };
};

function arraySort(sort: Value): (a: Value, b: Value) => number {
  if (isNumber(sort)) {
    const direction = numberOf(sort);
    if (direction !== 1 && direction !== -1)
      throw new CommandError('BadValue', 'The $sort element value must be either 1 or -1');
    return (a, b) => direction * compareValues(a, b);
  }
  if (sort.type !== BsonType.object)
    throw new CommandError('BadValue', 'The $sort must be 1, -1 or a document of them');
  const fields = compileSort(sort);
  const empty = valueBytes(toValue({}));
  const keyOf = (value: Value) => sortKeyOf(value.type === BsonType.object ? valueBytes(value) : empty, fields);
  return (a, b) => keyOf(a).compare(keyOf(b));
}

/** `$addToSet`. */
export const addToSet = (operand: Value): FieldUpdate => {
  const options = operand.type === BsonType.object ? fieldsOf(operand) : [];
  const hasEach = options[0]?.[0] === '$each';
  if (hasEach && options.length > 1)
    throw new CommandError('BadValue', `Found unexpected fields after $each in $addToSet: ${options[1]?.[0]}`);
  const list = options[0]?.[1];
  if (hasEach && list?.type !== BsonType.array)
    throw new CommandError('TypeMismatch', 'The argument to $each in $addToSet must be an array');
  const added = hasEach && list ? elementsOf(list) : [operand];
  return {
    createsPath: true,
    apply(tree, name, { child, path }) {
      const array = arrayAt(child, '$addToSet', path) ?? { type: BsonType.array, fields: [] };
      const present = new Set(array.fields.map(({ node }) => encodeValue(closeTree(node)).toString('latin1')));
      for (const node of added) {
        const key = encodeValue(node).toString('latin1');
        if (present.has(key)) continue;
        present.add(key);
        array.fields.push({ name: '', node });
      }
      setField(tree, name, array);
    },
  };
};

function removing(operator: string, isRemoved: (element: Value) => boolean): FieldUpdate {
  return {
    createsPath: false,
    apply(_tree, _name, { child, path }) {
      const array = arrayAt(child, operator, path);
      if (array) array.fields = array.fields.filter(({ node }) => !isRemoved(closeTree(node)));
    },
  };
}

/** `$pull`. */
export const pull = (operand: Value): FieldUpdate => {
  const isCondition = operand.type === BsonType.object || operand.type === BsonType.regex;
  if (!isCondition) {
    const wanted = encodeValue(operand);
    return removing(
      '$pull',
      (element) => typeBracket(element.type) === typeBracket(operand.type) && encodeValue(element).equals(wanted),
    );
  }
  return removing('$pull', elementTest(operand));
};

function elementTest(operand: Value): (element: Value) => boolean {
  if (operand.type === BsonType.regex) return compileElementFilter(toValue({ $in: [operand] }));
  return compileElementFilter(operand);
}

/** `$pullAll`. */
export const pullAll = (operand: Value): FieldUpdate => {
  if (operand.type !== BsonType.array)
    throw new CommandError('BadValue', `$pullAll requires an array argument but was given a ${typeName(operand.type)}`);
  const wanted = new Set(elementsOf(operand).map((value) => encodeValue(value).toString('latin1')));
  return removing('$pullAll', (element) => wanted.has(encodeValue(element).toString('latin1')));
};

/** `$pop`. */
export const pop = (operand: Value, path: string): FieldUpdate => {
  const direction = numberOf(operand);
  if (direction !== 1 && direction !== -1)
    throw new CommandError('FailedToParse', `$pop expects 1 or -1, found: ${direction} (field ${path})`);
  return {
    createsPath: false,
    apply(_tree, _name, { child }) {
      if (child === undefined) return;
      if (!isTree(child) || child.type !== BsonType.array) {
        throw new CommandError('TypeMismatch', `$pop: '${path}' must be an array`);
      }
      child.fields = direction === 1 ? child.fields.slice(0, -1) : child.fields.slice(1);
    },
  };
};

// The update operators, one function each, and the list of them. Walking to the field is in update.ts.
import { combine, int32Value } from './arithmetic.js';
import { BsonType, elementsOf, fieldsOf, isNumber, numberOf, stringOf, type Value, valueBytes } from './bson-raw.js';
import { Timestamp, toValue } from './bson-write.js';
import { CommandError, notSupported } from './errors.js';
import { compareValues, encodeValue, typeBracket } from './key-encoding.js';
import { compileElementFilter } from './match.js';
import { compileSort, sortKeyOf } from './sort.js';
import { closeTree, fieldAt, isTree, setField, type Tree } from './tree.js';
import { typeName } from './type-names.js';

/** What one operator does with one field. */
export interface FieldUpdate {
  /** makes the documents on the way to the field if they are not there */
  readonly createsPath: boolean;
  readonly onlyOnInsert?: boolean;
  readonly isRename?: boolean;
  /** Changes `tree` at `name`; `child` is what is there now. */
  apply(tree: Tree, name: string, now: { child: Tree | Value | undefined; path: string }): void;
}

type Compile = (path: string, operand: Value) => { path: string; update: FieldUpdate }[];

function each(make: (operand: Value, path: string) => FieldUpdate): Compile {
  return (path, operand) => [{ path, update: make(operand, path) }];
}

const set = (operand: Value): FieldUpdate => ({
  createsPath: true,
  apply: (tree, name) => setField(tree, name, operand),
});

const unset = (): FieldUpdate => ({
  createsPath: false,
  apply(tree, name, { child }) {
    if (child === undefined) return;
    // removing an element would move the others: it becomes null
    if (tree.type === BsonType.array) setField(tree, name, toValue(null));
    else tree.fields = tree.fields.filter((field) => field.name !== name);
  },
});

function arithmetic(
  operator: 'add' | 'multiply',
  sign: '$inc' | '$mul',
): (operand: Value, path: string) => FieldUpdate {
  return (operand, path) => {
    if (!isNumber(operand)) {
      throw new CommandError(
        'TypeMismatch',
        `Cannot ${operator === 'add' ? 'increment' : 'multiply'} with non-numeric argument: {${path}: ${typeName(operand.type)}}`,
      );
    }
    return {
      createsPath: true,
      apply(tree, name, { child }) {
        if (child === undefined)
          return setField(tree, name, operator === 'add' ? operand : combine('multiply', int32Value(0), operand));
        if (isTree(child) || !isNumber(child)) {
          throw new CommandError(
            'TypeMismatch',
            `Cannot apply ${sign} to a value of non-numeric type. The field '${name}' has non-numeric type ${typeName(child.type)}`,
          );
        }
        return setField(tree, name, combine(operator, child, operand));
      },
    };
  };
}

function extreme(isBetter: (order: number) => boolean): (operand: Value) => FieldUpdate {
  return (operand) => ({
    createsPath: true,
    apply(tree, name, { child }) {
      if (child === undefined || isBetter(compareValues(operand, closeTree(child)))) setField(tree, name, operand);
    },
  });
}

const currentDate = (operand: Value, path: string): FieldUpdate => {
  let kind = 'date';
  if (operand.type === BsonType.object) {
    const [name, type] = fieldsOf(operand)[0] ?? [];
    if (name !== '$type' || type?.type !== BsonType.string)
      throw new CommandError('BadValue', `The only valid option of $currentDate is $type (field ${path})`);
    kind = stringOf(type);
    if (kind !== 'date' && kind !== 'timestamp')
      throw new CommandError('BadValue', "The '$type' string field is required to be 'date' or 'timestamp'");
  } else if (operand.type !== BsonType.boolean) {
    throw new CommandError(
      'BadValue',
      `${typeName(operand.type)} is not a valid type for $currentDate. Please use a boolean ('true') or a $type expression`,
    );
  }
  return {
    createsPath: true,
    apply(tree, name) {
      const now = Date.now();
      setField(tree, name, toValue(kind === 'date' ? new Date(now) : new Timestamp(Math.floor(now / 1000), 1)));
    },
  };
};

/** The array at a field, opened; undefined if there is none. Throws if something else is there. */
function arrayAt(child: Tree | Value | undefined, operator: string, path: string): Tree | undefined {
  if (child === undefined) return undefined;
  if (isTree(child) && child.type === BsonType.array) return child;
  throw new CommandError(
    'BadValue',
    `The field '${path}' must be an array but is of type ${typeName(child.type)} in ${operator}`,
  );
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
    throw new CommandError(
      'BadValue',
      `The argument to $each in $push must be an array but it was of type: ${typeName(list.type)}`,
    );
  for (const name of options.keys()) {
    if (!['$each', '$position', '$slice', '$sort'].includes(name))
      throw new CommandError('BadValue', `Unrecognized clause in $push: ${name}`);
  }
  const whole = (name: string) => {
    const value = options.get(name);
    if (value === undefined) return undefined;
    if (!isNumber(value) || !Number.isInteger(numberOf(value)))
      throw new CommandError(
        'BadValue',
        `The value for ${name} must be an integer value but was given type: ${typeName(value.type)}`,
      );
    return numberOf(value);
  };
  return { added: elementsOf(list), position: whole('$position'), slice: whole('$slice'), sort: options.get('$sort') };
}

const push = (operand: Value): FieldUpdate => {
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
    throw new CommandError(
      'BadValue',
      'The $sort is invalid: use 1/-1 to sort the whole element, or {field:1/-1} to sort embedded fields',
    );
  const fields = compileSort(sort);
  const empty = valueBytes(toValue({}));
  const keyOf = (value: Value) => sortKeyOf(value.type === BsonType.object ? valueBytes(value) : empty, fields);
  return (a, b) => keyOf(a).compare(keyOf(b));
}

const addToSet = (operand: Value): FieldUpdate => {
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

const pull = (operand: Value): FieldUpdate => {
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

const pullAll = (operand: Value): FieldUpdate => {
  if (operand.type !== BsonType.array)
    throw new CommandError('BadValue', `$pullAll requires an array argument but was given a ${typeName(operand.type)}`);
  const wanted = new Set(elementsOf(operand).map((value) => encodeValue(value).toString('latin1')));
  return removing('$pullAll', (element) => wanted.has(encodeValue(element).toString('latin1')));
};

const pop = (operand: Value, path: string): FieldUpdate => {
  const direction = numberOf(operand);
  if (direction !== 1 && direction !== -1)
    throw new CommandError('FailedToParse', `$pop expects 1 or -1, found: ${direction} (field ${path})`);
  return {
    createsPath: false,
    apply(_tree, _name, { child }) {
      if (child === undefined) return;
      if (!isTree(child) || child.type !== BsonType.array) {
        throw new CommandError(
          'TypeMismatch',
          `Path '${path}' contains an element of non-array type '${typeName(child.type)}'`,
        );
      }
      child.fields = direction === 1 ? child.fields.slice(0, -1) : child.fields.slice(1);
    },
  };
};

/** `$rename` is seen by the walk as a change of both paths; the work is done from the top of the document. */
const rename: Compile = (path, operand) => {
  if (operand.type !== BsonType.string)
    throw new CommandError('BadValue', `The 'to' field for $rename must be a string: ${path}`);
  const target = stringOf(operand);
  if (target === path)
    throw new CommandError('BadValue', `The source and target field for $rename must differ: ${path}`);
  if (path.includes('$') || target.includes('$'))
    throw new CommandError('BadValue', `The source and destination fields for $rename may not be dynamic: ${path}`);
  const moved: { node?: Tree | Value | undefined } = {};
  const take: FieldUpdate = {
    createsPath: false,
    isRename: true,
    apply(tree, name) {
      moved.node = fieldAt(tree, name)?.node;
      if (tree.type === BsonType.array)
        throw new CommandError('BadValue', `The source field cannot be an array element, '${path}'`);
      tree.fields = tree.fields.filter((field) => field.name !== name);
    },
  };
  const put: FieldUpdate = {
    createsPath: true,
    isRename: true,
    apply(tree, name) {
      const { node } = moved;
      moved.node = undefined;
      if (node === undefined) return;
      tree.fields = tree.fields.filter((field) => field.name !== name);
      setField(tree, name, node);
    },
  };
  return [
    { path, update: take },
    { path: target, update: put },
  ];
};

const bit = (): FieldUpdate => {
  throw notSupported('The update operator $bit');
};

/** Every update operator by its name. */
export const fieldUpdates: Readonly<Record<string, Compile>> = {
  $set: each(set),
  $setOnInsert: each((operand) => ({ ...set(operand), onlyOnInsert: true })),
  $unset: each(unset),
  $inc: each(arithmetic('add', '$inc')),
  $mul: each(arithmetic('multiply', '$mul')),
  $min: each(extreme((order) => order < 0)),
  $max: each(extreme((order) => order > 0)),
  $currentDate: each(currentDate),
  $push: each(push),
  $addToSet: each(addToSet),
  $pull: each(pull),
  $pullAll: each(pullAll),
  $pop: each(pop),
  $rename: rename,
  $bit: each(bit),
};

// The update operators, one function each, and the list of them. Walking to the field is in update.ts.

import { combine, combineBits, int32Value } from './arithmetic.js';
import { addToSet, pop, pull, pullAll, push } from './array-operators.js';
import { BsonType, fieldsOf, isNumber, stringOf, type Value } from './bson-raw.js';
import { Timestamp, toValue } from './bson-write.js';
import { CommandError } from './errors.js';
import { compareValues } from './key-encoding.js';
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
    throw new CommandError('BadValue', `$currentDate needs true or {$type}, not ${typeName(operand.type)}`);
  }
  return {
    createsPath: true,
    apply(tree, name) {
      const now = Date.now();
      setField(tree, name, toValue(kind === 'date' ? new Date(now) : new Timestamp(Math.floor(now / 1000), 1)));
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
  if (target.includes('\0'))
    throw new CommandError('BadValue', "The 'to' field for $rename cannot contain an embedded null byte");
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

const isWhole = (value: Tree | Value): value is Value =>
  !isTree(value) && (value.type === BsonType.int32 || value.type === BsonType.int64);

const bit = (operand: Value, path: string): FieldUpdate => {
  const steps = operand.type === BsonType.object ? fieldsOf(operand) : [];
  const isValid = steps.every(([name, value]) => ['and', 'or', 'xor'].includes(name) && isWhole(value));
  if (steps.length === 0 || !isValid)
    throw new CommandError('BadValue', `$bit needs {and | or | xor: <int or long>} (field ${path})`);
  return {
    createsPath: true,
    apply(tree, name, { child }) {
      const before = child ?? int32Value(0);
      if (!isWhole(before)) throw new CommandError('BadValue', `Cannot apply $bit to '${path}': it is no int or long`);
      const after = steps.reduce((value, [step, by]) => combineBits(step as 'and' | 'or' | 'xor', value, by), before);
      setField(tree, name, after);
    },
  };
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

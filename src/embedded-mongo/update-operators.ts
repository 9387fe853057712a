// The update operators on one value, and the list of all operators. Those on arrays are in array-operators.ts; walking to the field is in update.ts.
import { combine, combineBits } from './arithmetic.js';
import { addToSet, pop, pull, pullAll, push } from './array-operators.js';
import { BsonType, type Value } from './bson-raw.js';
import { timestampValue, toValue } from './bson-write.js';
import { badValue, typeMismatch } from './errors.js';
import { compareValues } from './key-encoding.js';
import { closeTree, isTree, type Node } from './tree.js';
import { typeName } from './type-names.js';

/** What an operator makes of what is in a field: undefined for no field. `path` is where it is, for messages. */
export type FieldUpdate = (now: Node | undefined, path: string) => Node | undefined;

/** Compiles an operator with its operand. Throws what MongoDB answers to an operand that means nothing. */
export type CompileOperator = (operand: Value, path: string) => FieldUpdate;

const set: CompileOperator = (operand) => () => operand;

function arithmetic(operator: 'add' | 'multiply', name: '$inc' | '$mul'): CompileOperator {
  const verb = operator === 'add' ? 'increment' : 'multiply';
  return (operand, path) => {
    if (!operand.isNumber())
      throw typeMismatch(`Cannot ${verb} with non-numeric argument: {${path}: ${typeName(operand.type)}}`);
    return (now, at) => {
      if (now === undefined) return operator === 'add' ? operand : combine(operator, toValue(0), operand);
      if (!isTree(now) && now.isNumber()) return combine(operator, now, operand);
      const field = `The field '${at.split('.').at(-1)}' has non-numeric type ${typeName(now.type)}`;
      throw typeMismatch(`Cannot apply ${name} to a value of non-numeric type. ${field}`);
    };
  };
}

function extreme(isBetter: (order: number) => boolean): CompileOperator {
  return (operand) => (now) => (now === undefined || isBetter(compareValues(operand, closeTree(now))) ? operand : now);
}

const currentDate: CompileOperator = (operand, path) => {
  const option = operand.type === BsonType.object ? operand.fields()[0] : undefined;
  if (operand.type !== BsonType.boolean && option?.[0] !== '$type')
    throw badValue(`$currentDate needs true or {$type}, not ${typeName(operand.type)} (field ${path})`);
  const kind = option?.[1].type === BsonType.string ? option[1].text() : option?.[0];
  if (kind !== undefined && kind !== 'date' && kind !== 'timestamp')
    throw badValue("The '$type' string field is required to be 'date' or 'timestamp'");
  return () => {
    const now = Date.now();
    return kind === 'timestamp' ? timestampValue((BigInt(Math.floor(now / 1000)) << 32n) | 1n) : toValue(new Date(now));
  };
};

const isWhole = (value: Node): value is Value =>
  !isTree(value) && (value.type === BsonType.int32 || value.type === BsonType.int64);

const bit: CompileOperator = (operand, path) => {
  const steps = operand.type === BsonType.object ? operand.fields() : [];
  const isValid = steps.every(([name, value]) => ['and', 'or', 'xor'].includes(name) && isWhole(value));
  if (steps.length === 0 || !isValid) throw badValue(`$bit needs {and | or | xor: <int or long>} (field ${path})`);
  return (now = toValue(0)) => {
    if (!isWhole(now)) throw badValue(`Cannot apply $bit to '${path}': it is no int or long`);
    return steps.reduce((value, [step, by]) => combineBits(step as 'and' | 'or' | 'xor', value, by), now);
  };
};

/** `$rename` as changes of both paths: what is taken from the one is put at the other. */
export function renaming(path: string, operand: Value): { path: string; update: FieldUpdate }[] {
  if (operand.type !== BsonType.string) throw badValue(`The 'to' field for $rename must be a string: ${path}`);
  const target = operand.text();
  if (target === path) throw badValue(`The source and target field for $rename must differ: ${path}`);
  if (target.includes('\0')) throw badValue("The 'to' field for $rename cannot contain an embedded null byte");
  if (path.includes('$') || target.includes('$'))
    throw badValue(`The source and destination fields for $rename may not be dynamic: ${path}`);
  let moved: Node | undefined;
  const take: FieldUpdate = (now) => {
    moved = now;
    return undefined;
  };
  return [
    { path, update: take },
    { path: target, update: (now) => moved ?? now },
  ];
}

/** Every update operator by its name, but for `$rename`. */
export const operators: Readonly<Record<string, CompileOperator>> = {
  $set: set,
  $setOnInsert: set,
  // removing an element of an array would move the others: there it becomes null
  $unset: () => () => undefined,
  $inc: arithmetic('add', '$inc'),
  $mul: arithmetic('multiply', '$mul'),
  $min: extreme((order) => order < 0),
  $max: extreme((order) => order > 0),
  $currentDate: currentDate,
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
  $pullAll: pullAll,
  $pop: pop,
  $bit: bit,
};

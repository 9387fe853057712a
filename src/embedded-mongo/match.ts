// The query language on undecoded documents: compiling a filter, and telling whether a document matches. Choosing an index is in planner.ts.
import { BsonType, elementsOf, fieldsOf, isTruthy, type Value, valueBytes } from './bson-raw.js';
import { CommandError, notSupported } from './errors.js';
import { compileExpression } from './expression.js';
import { noteMatchedIndex, type Path, parsePath, someValueAt, someValueIn, withMatchedIndex } from './path.js';
import {
  comparison,
  existsPredicate,
  inPredicate,
  isOperatorDocument,
  type Predicate,
  regexPredicate,
  simplePredicate,
} from './predicates.js';
import { compileRegex, compileRegexValue } from './regex.js';

/** A compiled filter as a tree. */
export type Expression =
  | { readonly kind: 'and' | 'or' | 'nor'; readonly children: readonly Expression[] }
  | { readonly kind: 'not'; readonly child: Expression }
  | { readonly kind: 'field'; readonly path: Path; readonly predicate: Predicate }
  | { readonly kind: 'document'; readonly test: (document: Buffer) => boolean };

/** Compiles a filter. Throws `BadValue` naming what it does not know. */
export function compileFilter(filter: Value): Expression {
  const children: Expression[] = [];
  for (const [name, value] of fieldsOf(filter)) {
    if (name.startsWith('$')) {
      const compiled = compileTopLevel(name, value);
      if (compiled) children.push(compiled);
    } else children.push(...compileField(parsePath(name), value));
  }
  return children.length === 1 ? (children[0] as Expression) : { kind: 'and', children };
}

/** True if the filter asks nothing. */
export function isEmptyFilter(filter: Expression): boolean {
  return filter.kind === 'and' && filter.children.length === 0;
}

function compileTopLevel(name: string, value: Value): Expression | undefined {
  switch (name) {
    case '$and':
    case '$or':
    case '$nor': {
      if (value.type !== BsonType.array) throw new CommandError('BadValue', `${name} must be an array`);
      const elements = elementsOf(value);
      if (elements.length === 0) throw new CommandError('BadValue', `${name} must be a nonempty array`);
      const children = elements.map((element) => {
        if (element.type !== BsonType.object)
          throw new CommandError('BadValue', `${name} entries need to be full objects`);
        return compileFilter(element);
      });
      return { kind: name.slice(1) as 'and' | 'or' | 'nor', children };
    }
    case '$expr':
      return { kind: 'document', test: compileExpression(value) };
    case '$comment':
      return undefined;
    case '$text':
    case '$where':
    case '$jsonSchema':
    case '$sampleRate':
      throw notSupported(`The query operator ${name}`);
    default:
      throw new CommandError('BadValue', `unknown top level operator: ${name}`);
  }
}

function compileField(path: Path, value: Value): Expression[] {
  if (value.type === BsonType.regex) return [field(path, regexPredicate(compileRegexValue(value), value))];
  if (!isOperatorDocument(value)) return [field(path, comparison('eq', value))];
  const operators = fieldsOf(value);
  // {$ref, $id} is a DBRef, a plain value
  if (operators[0]?.[0] === '$ref' || operators[0]?.[0] === '$id') return [field(path, comparison('eq', value))];
  return operators.flatMap(([name, operand]) => {
    if (name === '$options') return [];
    return [compileOperator(path, { name, operand, siblings: operators })];
  });
}

function field(path: Path, predicate: Predicate): Expression {
  return { kind: 'field', path, predicate };
}

interface OperatorUse {
  readonly name: string;
  readonly operand: Value;
  readonly siblings: readonly [string, Value][];
}

function compileOperator(path: Path, use: OperatorUse): Expression {
  const { name, operand } = use;
  switch (name) {
    case '$not': {
      if (operand.type !== BsonType.regex && !isOperatorDocument(operand)) {
        throw new CommandError('BadValue', '$not needs a regex or a document');
      }
      return { kind: 'not', child: { kind: 'and', children: compileField(path, operand) } };
    }
    case '$ne':
      if (operand.type === BsonType.regex) throw new CommandError('BadValue', "Can't have regex as arg to $ne.");
      return { kind: 'not', child: field(path, comparison('eq', operand)) };
    case '$nin':
      return { kind: 'not', child: field(path, inPredicate(operand, '$nin')) };
    case '$all':
      return compileAll(path, operand);
    case '$exists': {
      const exists = field(path, existsPredicate());
      return isTruthy(operand) ? exists : { kind: 'not', child: exists };
    }
    case '$regex': {
      const options = use.siblings.find(([sibling]) => sibling === '$options')?.[1];
      return field(path, regexPredicate(compileRegex(operand, options), operand));
    }
    case '$elemMatch':
      return field(path, elemMatchPredicate(operand));
    default:
      return field(path, simplePredicate(name, operand));
  }
}

function compileAll(path: Path, operand: Value): Expression {
  if (operand.type !== BsonType.array) throw new CommandError('BadValue', '$all needs an array');
  const children = elementsOf(operand).map((element): Expression => {
    if (element.type === BsonType.regex) return field(path, regexPredicate(compileRegexValue(element), element));
    if (!isOperatorDocument(element)) return field(path, comparison('eq', element));
    const [name, inner] = fieldsOf(element)[0] as [string, Value];
    if (name !== '$elemMatch') throw new CommandError('BadValue', 'no $ expressions in $all');
    return field(path, elemMatchPredicate(inner));
  });
  // an empty $all matches nothing
  return children.length > 0 ? { kind: 'and', children } : { kind: 'document', test: () => false };
}

function elemMatchPredicate(operand: Value): Predicate {
  if (operand.type !== BsonType.object) throw new CommandError('BadValue', '$elemMatch needs an Object');
  const matches = compileElementFilter(operand);
  const test = (value: Value | undefined) => {
    const index = value?.type === BsonType.array ? elementsOf(value).findIndex(matches) : -1;
    if (index >= 0) noteMatchedIndex(index);
    return index >= 0;
  };
  return { operator: 'elemMatch', expandLeaf: false, bounds: undefined, operand, test };
}

const logicalOperators: readonly string[] = ['$and', '$or', '$nor', '$expr', '$comment'];

/** A filter on elements of an array: `{$gte: 1}` asks the element itself, `{name: 'x'}` asks its fields. */
export function compileElementFilter(filter: Value): (element: Value) => boolean {
  const first = fieldsOf(filter)[0]?.[0];
  if (first === undefined || !isOperatorDocument(filter) || logicalOperators.includes(first)) {
    const expression = compileFilter(filter);
    return (element) => {
      if (element.type === BsonType.object) return matchesDocument(expression, valueBytes(element));
      return element.type === BsonType.array && matchesArray(expression, element);
    };
  }
  const expressions = compileField(parsePath('element'), filter);
  return (element) => expressions.every((expression) => matchesElement(expression, element));
}

/** An array element that is an array itself is asked by its indexes, as if they were names. */
function matchesArray(expression: Expression, array: Value): boolean {
  return evaluate(expression, (path, predicate) => someValueIn(array, path, predicate));
}

function matchesElement(expression: Expression, element: Value): boolean {
  return evaluate(expression, (_path, predicate) => predicate.test(element));
}

function evaluate(expression: Expression, ask: (path: Path, predicate: Predicate) => boolean): boolean {
  switch (expression.kind) {
    case 'and':
      return expression.children.every((child) => evaluate(child, ask));
    case 'or':
      return expression.children.some((child) => evaluate(child, ask));
    case 'nor':
      return !expression.children.some((child) => evaluate(child, ask));
    case 'not':
      return !evaluate(expression.child, ask);
    case 'field':
      return ask(expression.path, expression.predicate);
    case 'document':
      return false;
  }
}

/** The array index that matched, as the positional operator `$` needs it; -1 if no array was involved. */
export function matchedIndexIn(expression: Expression, document: Buffer): number {
  return withMatchedIndex(() => matchesDocument(expression, document));
}

/** True if the document matches. */
export function matchesDocument(expression: Expression, document: Buffer): boolean {
  switch (expression.kind) {
    case 'field':
      return someValueAt(document, expression.path, expression.predicate);
    case 'and':
      for (const child of expression.children) if (!matchesDocument(child, document)) return false;
      return true;
    case 'or':
      for (const child of expression.children) if (matchesDocument(child, document)) return true;
      return false;
    case 'nor':
      for (const child of expression.children) if (matchesDocument(child, document)) return false;
      return true;
    case 'not':
      return !matchesDocument(expression.child, document);
    case 'document':
      return expression.test(document);
  }
}

/** The conditions that must all hold: `$and` at the top level flattened. */
export function conjunctsOf(expression: Expression): readonly Expression[] {
  if (expression.kind !== 'and') return [expression];
  return expression.children.flatMap((child) => conjunctsOf(child));
}

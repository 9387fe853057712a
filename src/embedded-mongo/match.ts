// The query language on undecoded documents: compiling a filter, and telling whether a document matches. Choosing an index is in planner.ts.
import { BsonType, type Value } from './bson-raw.js';
import { badValue, notSupported, typeMismatch } from './errors.js';
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

/** What is asked of the values at one path, or of the document as a whole. */
export type Leaf =
  | { readonly kind: 'field'; readonly path: Path; readonly predicate: Predicate }
  | { readonly kind: 'document'; readonly test: (document: Buffer) => boolean };

/** A compiled filter as a tree. */
export type Expression =
  | { readonly kind: 'and' | 'or'; readonly children: readonly Expression[] }
  | { readonly kind: 'not'; readonly child: Expression }
  | Leaf;

/** Compiles a filter. Throws `BadValue` naming what it does not know. */
export function compileFilter(filter: Value): Expression {
  if (filter.type !== BsonType.object) throw typeMismatch('a filter must be a document');
  const children: Expression[] = [];
  for (const [name, value] of filter.fields()) {
    if (name.startsWith('$')) {
      const compiled = compileTopLevel(name, value);
      if (compiled) children.push(compiled);
    } else children.push(...compileField(parsePath(name), value));
  }
  return children.length === 1 ? (children[0] as Expression) : { kind: 'and', children };
}

function compileTopLevel(name: string, value: Value): Expression | undefined {
  switch (name) {
    case '$and':
    case '$or':
    case '$nor': {
      if (value.type !== BsonType.array) throw badValue(`${name} must be an array`);
      const elements = value.elements();
      if (elements.length === 0) throw badValue(`${name} must be a nonempty array`);
      const children = elements.map((element) => {
        if (element.type !== BsonType.object) throw badValue(`${name} entries need to be full objects`);
        return compileFilter(element);
      });
      if (name === '$nor') return not({ kind: 'or', children });
      return { kind: name === '$and' ? 'and' : 'or', children };
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
      throw badValue(`unknown top level operator: ${name}`);
  }
}

function compileField(path: Path, value: Value): Expression[] {
  if (value.type === BsonType.regex) return [field(path, regexPredicate(compileRegexValue(value), value))];
  if (!isOperatorDocument(value)) return [field(path, comparison('eq', value))];
  const operators = value.fields();
  // {$ref, $id} is a DBRef, a plain value
  if (operators[0]?.[0] === '$ref' || operators[0]?.[0] === '$id') return [field(path, comparison('eq', value))];
  return operators.flatMap(([name, operand]) => {
    if (name === '$options') return [];
    return [compileOperator(path, { name, operand, siblings: operators })];
  });
}

const field = (path: Path, predicate: Predicate): Expression => ({ kind: 'field', path, predicate });

const not = (child: Expression): Expression => ({ kind: 'not', child });

interface OperatorUse {
  readonly name: string;
  readonly operand: Value;
  readonly siblings: readonly [string, Value][];
}

function compileOperator(path: Path, use: OperatorUse): Expression {
  const { name, operand } = use;
  switch (name) {
    case '$not': {
      if (operand.type !== BsonType.regex && !isOperatorDocument(operand))
        throw badValue('$not needs a regex or a document');
      return not({ kind: 'and', children: compileField(path, operand) });
    }
    case '$ne':
      if (operand.type === BsonType.regex) throw badValue("Can't have regex as arg to $ne.");
      return not(field(path, comparison('eq', operand)));
    case '$nin':
      return not(field(path, inPredicate(operand, '$nin')));
    case '$all':
      return compileAll(path, operand);
    case '$exists': {
      const exists = field(path, existsPredicate());
      return operand.isTruthy() ? exists : not(exists);
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
  if (operand.type !== BsonType.array) throw badValue('$all needs an array');
  const children = operand.elements().map((element): Expression => {
    if (element.type === BsonType.regex) return field(path, regexPredicate(compileRegexValue(element), element));
    if (!isOperatorDocument(element)) return field(path, comparison('eq', element));
    const [name, inner] = element.fields()[0] as [string, Value];
    if (name !== '$elemMatch') throw badValue('no $ expressions in $all');
    return field(path, elemMatchPredicate(inner));
  });
  // an empty $all matches nothing
  return children.length > 0 ? { kind: 'and', children } : { kind: 'document', test: () => false };
}

function elemMatchPredicate(operand: Value): Predicate {
  if (operand.type !== BsonType.object) throw badValue('$elemMatch needs an Object');
  const matches = compileElementFilter(operand);
  const test = (value: Value | undefined) => {
    const index = value?.type === BsonType.array ? value.elements().findIndex(matches) : -1;
    if (index >= 0) noteMatchedIndex(index);
    return index >= 0;
  };
  return { operator: 'elemMatch', expandLeaf: false, bounds: undefined, operand, test };
}

const logicalOperators: readonly string[] = ['$and', '$or', '$nor', '$expr', '$comment'];

/** A filter on elements of an array: `{$gte: 1}` asks the element itself, `{name: 'x'}` asks its fields. */
export function compileElementFilter(filter: Value): (element: Value) => boolean {
  const first = filter.fields()[0]?.[0];
  if (first === undefined || !isOperatorDocument(filter) || logicalOperators.includes(first)) {
    const expression = compileFilter(filter);
    return (element) => {
      if (element.type === BsonType.object) return matchesDocument(expression, element.raw());
      return element.type === BsonType.array && matchesArray(expression, element);
    };
  }
  const expression: Expression = { kind: 'and', children: compileField(parsePath('element'), filter) };
  return (element) => matchesFields(expression, (_path, predicate) => predicate.test(element));
}

/** An array element that is an array itself is asked by its indexes, as if they were names. */
function matchesArray(expression: Expression, array: Value): boolean {
  return matchesFields(expression, (path, predicate) => someValueIn(array, path, predicate));
}

function matchesFields(expression: Expression, ask: (path: Path, predicate: Predicate) => boolean): boolean {
  return evaluate(expression, (leaf) => leaf.kind === 'field' && ask(leaf.path, leaf.predicate)) === true;
}

/** The truth of a filter from that of its leaves; undefined if those that cannot be told decide. */
export function evaluate(expression: Expression, ask: (leaf: Leaf) => boolean | undefined): boolean | undefined {
  switch (expression.kind) {
    case 'field':
    case 'document':
      return ask(expression);
    case 'not': {
      const answer = evaluate(expression.child, ask);
      return answer === undefined ? undefined : !answer;
    }
    case 'and':
    case 'or': {
      const decisive = expression.kind === 'or';
      let isUnknown = false;
      for (const child of expression.children) {
        const answer = evaluate(child, ask);
        if (answer === decisive) return decisive;
        isUnknown ||= answer === undefined;
      }
      return isUnknown ? undefined : !decisive;
    }
  }
}

/** The array index that matched, as the positional operator `$` needs it; -1 if no array was involved. */
export function matchedIndexIn(expression: Expression, document: Buffer): number {
  return withMatchedIndex(() => matchesDocument(expression, document));
}

/** True if the document matches. */
export function matchesDocument(expression: Expression, document: Buffer): boolean {
  const ask = (leaf: Leaf) =>
    leaf.kind === 'field' ? someValueAt(document, leaf.path, leaf.predicate) : leaf.test(document);
  return evaluate(expression, ask) === true;
}

/** The conditions that must all hold: `$and` at the top level flattened. */
export function conjunctsOf(expression: Expression): readonly Expression[] {
  if (expression.kind !== 'and') return [expression];
  return expression.children.flatMap((child) => conjunctsOf(child));
}

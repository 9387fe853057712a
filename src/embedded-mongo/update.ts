// Update documents: compiling `{$set: …}` or a replacement, and applying it to a document. One function per operator is in update-operators.ts.
import type { ArrayFilters } from './array-filters.js';
import { BsonType, documentValue, type Value } from './bson-raw.js';
import { describeChange } from './diff.js';
import { badValue, CommandError, failedToParse, notSupported } from './errors.js';
import { idOf } from './key-encoding.js';
import { parsePath } from './path.js';
import { isOperatorDocument } from './predicates.js';
import {
  closeTree,
  isArray,
  isTree,
  type Node,
  openChild,
  openedFields,
  openTree,
  removeField,
  serializeTree,
  setField,
  type Tree,
  withIdFirst,
} from './tree.js';
import { type FieldUpdate, operators, renaming } from './update-operators.js';

/** A compiled update. */
export interface Update {
  readonly isReplacement: boolean;
  /** uses `$`, so it needs to know which array element matched */
  readonly isPositional: boolean;
  /** Throws what MongoDB would answer, having changed nothing. */
  apply(document: Buffer, context: UpdateContext): Updated;
}

/** What an update makes of a document. */
export interface Updated {
  /** the same bytes if nothing changed */
  readonly document: Buffer;
  /** the top-level fields that may have changed; undefined: any */
  readonly roots: ReadonlySet<string> | undefined;
  /** What changed, as change streams tell it; undefined for a replacement. */
  readonly describe: (() => Buffer) | undefined;
}

/** What an update needs to know besides the document. */
export interface UpdateContext {
  /** the array index that the query matched, for `$`; -1 if none */
  readonly matchedIndex: number;
  /** the document is being made by an upsert */
  readonly isInsert: boolean;
}

/** Compiles an update or a replacement. Throws `FailedToParse` and others, naming the operator or field at fault. */
export function compileUpdate(update: Value, arrayFilters: ArrayFilters): Update {
  if (update.type === BsonType.array) throw notSupported('An update with an aggregation pipeline');
  if (update.type !== BsonType.object) throw failedToParse('an update must be a document');
  if (!isOperatorDocument(update)) return compileReplacement(update);
  const steps = update.fields().flatMap(([operator, argument]) => stepsOf(operator, argument));
  const roots = new Set(steps.map(({ parts }) => parts[0] ?? ''));
  if (roots.size < steps.length) checkConflicts(steps);
  steps.sort(compareSteps);
  return {
    isReplacement: false,
    isPositional: steps.some(({ parts }) => parts.includes('$')),
    apply: (document, context) => applySteps(document, { steps, roots }, { ...context, arrayFilters }),
  };
}

/** One operator on one path. */
interface Step {
  readonly operator: string;
  readonly path: string;
  readonly parts: readonly string[];
  readonly update: FieldUpdate;
}

function stepsOf(operator: string, argument: Value): Step[] {
  const compile = operators[operator];
  if (!compile && operator !== '$rename') throw failedToParse(`Unknown modifier: ${operator}`);
  if (argument.type !== BsonType.object)
    throw failedToParse(`Modifiers operate on fields: ${operator} needs a document`);
  const updates = argument
    .fields()
    .flatMap(([path, operand]) => (compile ? [{ path, update: compile(operand, path) }] : renaming(path, operand)));
  return updates.map(({ path, update }) => {
    const { parts } = parsePath(path);
    checkPath(path, parts);
    return { operator, path, parts, update };
  });
}

/** New fields appear in the order of their names, numbers by value (manual, "Update Operators Behavior"); renames come last. */
function compareSteps(a: Step, b: Step): number {
  const byRename = Number(a.operator === '$rename') - Number(b.operator === '$rename');
  if (byRename !== 0 || a.operator === '$rename') return byRename;
  for (let i = 0; i < Math.min(a.parts.length, b.parts.length); i += 1) {
    const left = a.parts[i] ?? '';
    const right = b.parts[i] ?? '';
    if (left === right) continue;
    if (isIndex(left) && isIndex(right)) return Number(left) - Number(right);
    return left < right ? -1 : 1;
  }
  return a.parts.length - b.parts.length;
}

/** True for a part that names an array element. Most parts are told by their first character. */
function isIndex(part: string): boolean {
  return part < ':' && /^\d+$/.test(part);
}

function compileReplacement(update: Value): Update {
  const replacement = update.raw();
  for (const [name] of update.fields()) {
    if (name.startsWith('$'))
      throw new CommandError('DollarPrefixedFieldName', `A replacement may not have the field '${name}'`);
  }
  return {
    isReplacement: true,
    isPositional: false,
    apply(document) {
      const id = idOf(document);
      const newId = idOf(replacement);
      if (id && newId && !id.isIdentical(newId))
        throw new CommandError(
          'ImmutableField',
          "After applying the update, the (immutable) field '_id' was found to have been altered",
        );
      return {
        document: id ? withIdFirst(replacement, id) : Buffer.from(replacement),
        roots: undefined,
        describe: undefined,
      };
    },
  };
}

function checkPath(path: string, parts: readonly string[]): void {
  if (path === '') throw new CommandError('EmptyFieldName', 'An empty update path is not valid.');
  if (parts.includes('')) throw new CommandError('EmptyFieldName', `The path '${path}' contains an empty field name`);
  const bad = parts.find((part) => part.startsWith('$') && part !== '$' && !/^\$\[\w*\]$/.test(part));
  if (bad !== undefined)
    throw new CommandError('DollarPrefixedFieldName', `The field '${bad}' in '${path}' is not valid for storage`);
  if (path.startsWith('$')) throw badValue(`'${path}' may not begin with a positional operator`);
}

function checkConflicts(steps: readonly Step[]): void {
  const seen = new Set<string>();
  const check = (path: string, prefix: string) => {
    if (!seen.has(prefix)) return;
    throw new CommandError(
      'ConflictingUpdateOperators',
      `Updating the path '${path}' would create a conflict at '${prefix}'`,
    );
  };
  for (const { path } of steps) {
    check(path, path);
    seen.add(path);
  }
  for (const { path, parts } of steps)
    for (let length = 1; length < parts.length; length += 1) check(path, parts.slice(0, length).join('.'));
}

type FullContext = UpdateContext & { readonly arrayFilters: ArrayFilters };

function applySteps(
  document: Buffer,
  { steps, roots }: { steps: readonly Step[]; roots: ReadonlySet<string> },
  context: FullContext,
): Updated {
  const tree = openTree(documentValue(document), roots);
  const before = openedFields(tree);
  for (const step of steps)
    if (step.operator !== '$setOnInsert' || context.isInsert) applyAt(tree, { step, context, depth: 0, path: '' });
  const changed = serializeTree(tree);
  const id = roots.has('_id') ? idOf(document) : undefined;
  const newId = id && idOf(changed);
  if (id !== undefined && (newId === undefined || !id.isIdentical(newId)))
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  return { document: changed, roots, describe: () => describeChange(before, openedFields(tree)) };
}

/** A step on its way into a document. */
interface Walk {
  readonly step: Step;
  readonly context: FullContext;
  readonly depth: number;
  /** the resolved path so far, for messages */
  readonly path: string;
}

function applyAt(tree: Tree, walk: Walk): void {
  const part = walk.step.parts[walk.depth] ?? '';
  const names = part.startsWith('$') ? elementsMeant(tree, part, walk) : [part];
  for (const name of names) applyToField(tree, name, walk);
}

/** The indexes that `$`, `$[]` or `$[name]` stands for. */
function elementsMeant(tree: Tree, part: string, { path, context }: Walk): string[] {
  if (!isArray(tree)) throw badValue(`Cannot apply array updates to non-array element at '${path}'`);
  if (part === '$') {
    if (context.matchedIndex >= 0) return [String(context.matchedIndex)];
    throw badValue('The positional operator did not find the match needed from the query.');
  }
  const identifier = part.slice(2, -1);
  const test = identifier === '' ? () => true : context.arrayFilters.get(identifier);
  if (!test) throw badValue(`No array filter found for identifier '${identifier}'`);
  return tree.fields.flatMap(({ node }, i) => (test(closeTree(node)) ? [String(i)] : []));
}

function applyToField(tree: Tree, name: string, walk: Walk): void {
  const { step } = walk;
  if (isArray(tree) && !isIndex(name)) throw notViable(name, tree, walk.path);
  const child = openChild(tree, name);
  const next = { ...walk, depth: walk.depth + 1, path: walk.path === '' ? name : `${walk.path}.${name}` };
  if (next.depth === step.parts.length) changeField(tree, name, { step, child, path: next.path });
  else if (isTree(child)) applyAt(child, next);
  // what makes nothing of nothing does not make the way there
  else if (step.update(undefined, next.path) !== undefined) setField(tree, name, newBranch(child, next));
}

function changeField(
  tree: Tree,
  name: string,
  { step, child, path }: { step: Step; child: Node | undefined; path: string },
): void {
  const isRename = step.operator === '$rename';
  if (isRename && isArray(tree)) throw badValue(`The source field cannot be an array element, '${step.path}'`);
  const after = step.update(child, path);
  if (after === child) return;
  if (after === undefined || isRename) removeField(tree, name);
  if (after !== undefined) setField(tree, name, after);
}

/** What becomes of a field that is not there: made apart, because an operator that fails must leave nothing behind. */
function newBranch(child: Value | undefined, walk: Walk): Tree {
  const part = walk.step.parts[walk.depth] ?? '';
  if (child !== undefined) throw notViable(part, child, walk.path);
  if (part.startsWith('$')) throw badValue(`The path '${walk.path}' must exist to apply array updates`);
  const branch: Tree = { type: BsonType.object, fields: [] };
  applyAt(branch, walk);
  return branch;
}

function notViable(name: string, node: Node, path: string): CommandError {
  const shown = isArray(node) ? '[…]' : '…';
  return new CommandError(
    'PathNotViable',
    `Cannot create field '${name}' in element {${path.split('.').at(-1)}: ${shown}}`,
  );
}

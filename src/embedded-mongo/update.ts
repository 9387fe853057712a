// Update documents: compiling `{$set: …}` or a replacement, and applying it to a document. One function per operator is in update-operators.ts.

import type { ArrayFilters } from './array-filters.js';
import { BsonType, documentValue, fieldsOf, isIdentical, type Value, valueBytes } from './bson-raw.js';
import { CommandError, notSupported } from './errors.js';
import { idOf } from './key-encoding.js';
import { isOperatorDocument } from './predicates.js';
import {
  closeTree,
  isArray,
  isTree,
  openChild,
  openTree,
  serializeTree,
  setField,
  type Tree,
  withIdFirst,
} from './tree.js';
import { type FieldUpdate, fieldUpdates } from './update-operators.js';

/** A compiled update. */
export interface Update {
  readonly isReplacement: boolean;
  /** uses `$`, so it needs to know which array element matched */
  readonly isPositional: boolean;
  /** the top-level fields it may change; undefined: any */
  readonly roots: ReadonlySet<string> | undefined;
  /** The changed document; the same bytes if nothing changed. Throws what MongoDB would answer, having changed nothing. */
  apply(document: Buffer, context: UpdateContext): Buffer;
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
  if (update.type !== BsonType.object) throw new CommandError('FailedToParse', 'an update must be a document');
  if (!isOperatorDocument(update)) return compileReplacement(update);
  const steps: Step[] = [];
  for (const [operator, argument] of fieldsOf(update)) {
    const compile = fieldUpdates[operator];
    if (!compile) throw new CommandError('FailedToParse', `Unknown modifier: ${operator}`);
    if (argument.type !== BsonType.object) {
      throw new CommandError('FailedToParse', `Modifiers operate on fields: ${operator} needs a document`);
    }
    for (const [path, operand] of fieldsOf(argument)) {
      checkPath(path, path.split('.'));
      for (const step of compile(path, operand)) steps.push({ ...step, parts: step.path.split('.') });
    }
  }
  checkConflicts(steps);
  steps.sort(compareSteps);
  const roots = new Set(steps.map(({ parts }) => parts[0] ?? ''));
  return {
    isReplacement: false,
    isPositional: steps.some(({ parts }) => parts.includes('$')),
    roots,
    apply: (document, context) => applySteps(document, { steps, roots }, { ...context, arrayFilters }),
  };
}

/** One operator on one path. */
interface Step {
  readonly path: string;
  readonly parts: readonly string[];
  readonly update: FieldUpdate;
}

/** New fields appear in the order of their names, numbers by value (manual, "Update Operators Behavior"); renames come last. */
function compareSteps(a: Step, b: Step): number {
  if (a.update.isRename || b.update.isRename)
    return Number(a.update.isRename ?? false) - Number(b.update.isRename ?? false);
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
  const replacement = valueBytes(update);
  for (const [name] of fieldsOf(update)) {
    if (name.startsWith('$'))
      throw new CommandError('DollarPrefixedFieldName', `A replacement may not have the field '${name}'`);
  }
  return {
    isReplacement: true,
    isPositional: false,
    roots: undefined,
    apply(document) {
      const id = idOf(document);
      const newId = idOf(replacement);
      if (id === undefined) return Buffer.from(replacement);
      if (newId && !isIdentical(id, newId))
        throw new CommandError(
          'ImmutableField',
          "After applying the update, the (immutable) field '_id' was found to have been altered",
        );
      return withIdFirst(replacement, id);
    },
  };
}

function checkPath(path: string, parts: readonly string[]): void {
  if (path === '') throw new CommandError('EmptyFieldName', 'An empty update path is not valid.');
  if (parts.includes('')) throw new CommandError('EmptyFieldName', `The path '${path}' contains an empty field name`);
  for (const part of parts) {
    if (part.startsWith('$') && part !== '$' && !/^\$\[\w*\]$/.test(part)) {
      throw new CommandError('DollarPrefixedFieldName', `The field '${part}' in '${path}' is not valid for storage`);
    }
  }
  if (path.startsWith('$')) throw new CommandError('BadValue', `'${path}' may not begin with a positional operator`);
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
): Buffer {
  const tree = openTree(documentValue(document), roots);
  for (const { parts, update } of steps) {
    if (update.onlyOnInsert && !context.isInsert) continue;
    applyAt(tree, { parts, depth: 0, path: '' }, { update, context });
  }
  const changed = serializeTree(tree);
  if (!roots.has('_id')) return changed;
  const id = idOf(document);
  const newId = idOf(changed);
  if (id !== undefined && (newId === undefined || !isIdentical(id, newId))) {
    throw new CommandError(
      'ImmutableField',
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
  return changed;
}

interface Place {
  readonly parts: readonly string[];
  readonly depth: number;
  /** the resolved path so far, for messages */
  readonly path: string;
}

interface Application {
  readonly update: FieldUpdate;
  readonly context: FullContext;
}

function applyAt(tree: Tree, place: Place, application: Application): void {
  const part = place.parts[place.depth] as string;
  if (!part.startsWith('$')) {
    applyToField(tree, part, { place, application });
    return;
  }
  if (!isArray(tree)) {
    throw new CommandError('BadValue', `Cannot apply array updates to non-array element at '${place.path}'`);
  }
  const { context } = application;
  if (part === '$') {
    if (context.matchedIndex < 0) {
      throw new CommandError('BadValue', 'The positional operator did not find the match needed from the query.');
    }
    applyToField(tree, String(context.matchedIndex), { place, application });
    return;
  }
  const identifier = part.slice(2, -1);
  const test = identifier === '' ? () => true : context.arrayFilters.get(identifier);
  if (!test) throw new CommandError('BadValue', `No array filter found for identifier '${identifier}'`);
  for (let i = 0; i < tree.fields.length; i += 1) {
    const node = tree.fields[i]?.node;
    if (node === undefined || !test(isTree(node) ? closeTree(node) : node)) continue;
    applyToField(tree, String(i), { place, application });
  }
}

function applyToField(tree: Tree, name: string, at: { place: Place; application: Application }): void {
  const { place, application } = at;
  const path = place.path === '' ? name : `${place.path}.${name}`;
  if (isArray(tree) && !isIndex(name)) throw notViable(name, tree, place.path);
  const isLast = place.depth === place.parts.length - 1;
  const { update } = application;
  const child = openChild(tree, name);
  if (isLast) update.apply(tree, name, { child, path });
  else if (isTree(child)) applyAt(child, { ...place, depth: place.depth + 1, path }, application);
  else if (update.createsPath) createBranch(tree, name, { child, path, ...at });
}

function createBranch(
  tree: Tree,
  name: string,
  at: { child: Value | undefined; path: string; place: Place; application: Application },
): void {
  const { child, path, place, application } = at;
  if (child !== undefined) throw notViable(place.parts[place.depth + 1] ?? '', child, path);
  const next = place.parts[place.depth + 1] ?? '';
  if (next.startsWith('$')) throw new CommandError('BadValue', `The path '${path}' must exist to apply array updates`);
  if (isArray(tree)) checkPadding(tree, name);
  // work on a new branch first: an operator that fails must leave nothing behind
  const branch: Tree = { type: BsonType.object, fields: [] };
  applyAt(branch, { ...place, depth: place.depth + 1, path }, application);
  if (branch.fields.length > 0) setField(tree, name, branch);
}

/** MongoDB fills arrays with at most this many nulls. */
const maxPadding = 1_500_000;

function checkPadding(tree: Tree, name: string): void {
  if (Number(name) - tree.fields.length > maxPadding)
    throw new CommandError('BadValue', `can't backfill more than ${maxPadding} elements`);
}

function notViable(name: string, node: Tree | Value, path: string): CommandError {
  return new CommandError(
    'PathNotViable',
    `Cannot create field '${name}' in element {${path.split('.').at(-1)}: ${isArray(node) ? '[…]' : '…'}}`,
  );
}

// Dotted paths into documents, with arrays as MongoDB walks them. Comparing what is found there is in match.ts.
import { BsonType, findField, Value } from './bson-raw.js';

/** A dotted path, split once. */
export interface Path {
  readonly text: string;
  readonly parts: readonly string[];
  /** the parts as UTF-8 */
  readonly names: readonly Buffer[];
  /** the part as an array index, or -1 */
  readonly indexes: readonly number[];
}

const known = new Map<string, Path>();

/** The path for a dotted name. */
export function parsePath(text: string): Path {
  const cached = known.get(text);
  if (cached) return cached;
  const parts = text.split('.');
  const path = {
    text,
    parts,
    names: parts.map((part) => Buffer.from(part)),
    indexes: parts.map((part) => (/^(0|[1-9]\d{0,8})$/.test(part) ? Number(part) : -1)),
  };
  // bounded: clients choose these names
  if (known.size > 10_000) known.clear();
  known.set(text, path);
  return path;
}

let matchedIndex = -1;

/** Notes the index at which an array matched, where it was not the walk of a path that found it. */
export function noteMatchedIndex(index: number): void {
  matchedIndex = index;
}

/** Runs a test and gives the array index (of the outermost array) at which a path last had what was asked; -1 if there is none. */
export function withMatchedIndex(test: () => boolean): number {
  matchedIndex = -1;
  return test() ? matchedIndex : -1;
}

/**
 * Calls `test` with each value at the path until it is true; a path that leads nowhere gives undefined once. Arrays on the
 * way are walked into; with `expandLeaf` an array at the end gives its elements and then itself, else only itself.
 */
export function someValueAt(document: Buffer, path: Path, walk: Question): boolean {
  const value = findField(document, 0, path.names[0] as Buffer);
  const isLeaf = path.parts.length === 1 && value?.type !== BsonType.array;
  return isLeaf ? walk.test(value) : walkFrom(value, 1, { path, ...walk });
}

/** The same as `someValueAt`, beginning in an array (as for the inside of `$elemMatch`) or any other value. */
export function someValueIn(value: Value, path: Path, walk: Question): boolean {
  return descend(value, 0, { path, ...walk });
}

interface Question {
  readonly expandLeaf: boolean;
  readonly test: (value: Value | undefined) => boolean;
}

interface Walk extends Question {
  readonly path: Path;
}

/** `value` is what the first `depth` parts lead to. */
function walkFrom(value: Value | undefined, depth: number, walk: Walk): boolean {
  if (depth < walk.path.parts.length) return value === undefined ? walk.test(undefined) : descend(value, depth, walk);
  if (value === undefined || value.type !== BsonType.array || !walk.expandLeaf) return walk.test(value);
  const elements = value.elements();
  for (let i = 0; i < elements.length; i += 1) {
    if (walk.test(elements[i])) {
      matchedIndex = i;
      return true;
    }
  }
  return walk.test(value);
}

function descend(value: Value, depth: number, walk: Walk): boolean {
  const name = walk.path.names[depth] as Buffer;
  if (value.type === BsonType.object) return walkFrom(findField(value.bytes, value.start, name), depth + 1, walk);
  if (value.type !== BsonType.array) return walk.test(undefined);
  const index = walk.path.indexes[depth] ?? -1;
  const elements = value.elements();
  for (let i = 0; i < elements.length; i += 1) {
    const element = elements[i] as Value;
    const isFound =
      (element.type === BsonType.object && descend(element, depth, walk)) ||
      (i === index && walkFrom(element, depth + 1, walk));
    if (isFound) {
      matchedIndex = i;
      return true;
    }
  }
  return false;
}

/** All values at the path as an index or a sort sees them: elements of arrays, an empty array as undefined (BSON's type). */
export function keyValuesAt(document: Buffer, path: Path): { values: (Value | undefined)[]; hasArray: boolean } {
  const first = findField(document, 0, path.names[0] as Buffer);
  if (path.parts.length === 1 && first?.type !== BsonType.array) return { values: [first], hasArray: false };
  const found: Found = { values: [], hasArray: false };
  collect(first, 1, { path, found });
  if (found.values.length === 0) found.values.push(undefined);
  return found;
}

interface Found {
  values: (Value | undefined)[];
  hasArray: boolean;
}

const undefinedValue = new Value(BsonType.undefined, Buffer.alloc(0), 0, 0);

function collect(value: Value | undefined, depth: number, into: { path: Path; found: Found }): void {
  const { path, found } = into;
  if (value?.type === BsonType.array) {
    found.hasArray = true;
    collectArray(value, depth, into);
  } else if (depth === path.parts.length || value === undefined) {
    found.values.push(value);
  } else if (value.type === BsonType.object) {
    collect(findField(value.bytes, value.start, path.names[depth] as Buffer), depth + 1, into);
  } else {
    found.values.push(undefined);
  }
}

function collectArray(array: Value, depth: number, into: { path: Path; found: Found }): void {
  const { path, found } = into;
  const elements = array.elements();
  if (depth === path.parts.length) {
    if (elements.length === 0) found.values.push(undefinedValue);
    for (const element of elements) found.values.push(element);
    return;
  }
  const index = path.indexes[depth] ?? -1;
  for (const [i, element] of elements.entries()) {
    if (i === index) collect(element, depth + 1, into);
    if (element.type === BsonType.object) {
      collect(findField(element.bytes, element.start, path.names[depth] as Buffer), depth + 1, into);
    } else if (i !== index) {
      found.values.push(undefined);
    }
  }
}

// What an update changed, as change streams tell it: computed from the bytes before and after. Applying updates is in update.ts.
import { BsonType, documentValue, elementsOf, fieldsOf, isIdentical, type Value, valueEnd } from './bson-raw.js';
import { writeDocument } from './bson-write.js';

interface Changes {
  readonly updated: Map<string, Value>;
  readonly removed: string[];
  readonly truncated: { field: string; newSize: number }[];
}

/** `{updatedFields, removedFields, truncatedArrays}` of the MongoDB manual ("update Event"). */
export function describeChange(before: Buffer, after: Buffer): Buffer {
  const changes: Changes = { updated: new Map(), removed: [], truncated: [] };
  compareDocuments('', { before: documentValue(before), after: documentValue(after) }, changes);
  return writeDocument({
    updatedFields: changes.updated,
    removedFields: changes.removed,
    truncatedArrays: changes.truncated,
  });
}

interface Pair {
  readonly before: Value;
  readonly after: Value;
}

function compareDocuments(prefix: string, pair: Pair, changes: Changes): void {
  const old = new Map(fieldsOf(pair.before));
  const kept = new Set<string>();
  for (const [name, after] of fieldsOf(pair.after)) {
    kept.add(name);
    compareField(prefix + name, { before: old.get(name), after }, changes);
  }
  for (const name of old.keys()) if (!kept.has(name)) changes.removed.push(prefix + name);
}

function compareField(
  path: string,
  { before, after }: { before: Value | undefined; after: Value },
  changes: Changes,
): void {
  if (before && isIdentical(before, after)) return;
  const type = before?.type === after.type ? after.type : undefined;
  if (before && type === BsonType.object) compareDocuments(`${path}.`, { before, after }, changes);
  else if (before && type === BsonType.array) compareArrays(path, { before, after }, changes);
  else changes.updated.set(path, after);
}

function compareArrays(path: string, pair: Pair, changes: Changes): void {
  const old = elementsOf(pair.before);
  const now = elementsOf(pair.after);
  const changed = now.filter((value, i) => !old[i] || !isIdentical(old[i], value)).length;
  // where most elements moved, the whole array is the shorter description
  if (changed > 1 && changed * 2 > now.length) {
    changes.updated.set(path, pair.after);
    return;
  }
  for (const [i, value] of now.entries()) compareField(`${path}.${i}`, { before: old[i], after: value }, changes);
  if (now.length < old.length) changes.truncated.push({ field: path, newSize: now.length });
}

/** The names of the top-level fields that differ; undefined if the fields are in another order. Reads nothing twice. */
export function changedRoots(before: Buffer, after: Buffer): Set<string> | undefined {
  const changed = new Set<string>();
  let a = elementAt(before, 4);
  let b = elementAt(after, 4);
  while (a && b) {
    if (before.compare(after, b.start, b.end, a.start, a.end) !== 0) {
      const name = before.toString('utf8', a.start + 1, a.nameEnd);
      if (name !== after.toString('utf8', b.start + 1, b.nameEnd)) return undefined;
      changed.add(name);
    }
    a = elementAt(before, a.end);
    b = elementAt(after, b.end);
  }
  for (; a; a = elementAt(before, a.end)) changed.add(before.toString('utf8', a.start + 1, a.nameEnd));
  for (; b; b = elementAt(after, b.end)) changed.add(after.toString('utf8', b.start + 1, b.nameEnd));
  return changed;
}

function elementAt(bytes: Buffer, start: number): { start: number; nameEnd: number; end: number } | undefined {
  const type = bytes[start] ?? 0;
  if (start >= bytes.length - 1) return undefined;
  const nameEnd = bytes.indexOf(0, start + 1);
  return { start, nameEnd, end: valueEnd(type, bytes, nameEnd + 1) };
}

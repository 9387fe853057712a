// What an update changed, as change streams tell it: computed from the bytes before and after. Applying updates is in update.ts.
import { BsonType, type Value } from './bson-raw.js';
import { writeDocument } from './bson-write.js';

type Fields = readonly [name: string, value: Value][];

interface Changes {
  readonly updated: Map<string, Value>;
  readonly removed: string[];
  readonly truncated: { field: string; newSize: number }[];
}

/** `{updatedFields, removedFields, truncatedArrays}` of the MongoDB manual ("update Event"). Fields not given are the same. */
export function describeChange(before: Fields, after: Fields): Buffer {
  const changes: Changes = { updated: new Map(), removed: [], truncated: [] };
  compareFields('', { before, after }, changes);
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

function compareFields(prefix: string, pair: { before: Fields; after: Fields }, changes: Changes): void {
  const old = new Map(pair.before);
  for (const [name, after] of pair.after) {
    compareField(prefix + name, { before: old.get(name), after }, changes);
    old.delete(name);
  }
  for (const name of old.keys()) changes.removed.push(prefix + name);
}

function compareField(
  path: string,
  { before, after }: { before: Value | undefined; after: Value },
  changes: Changes,
): void {
  if (before?.isIdentical(after)) return;
  const type = before?.type === after.type ? after.type : undefined;
  if (before && type === BsonType.object)
    compareFields(`${path}.`, { before: before.fields(), after: after.fields() }, changes);
  else if (before && type === BsonType.array) compareArrays(path, { before, after }, changes);
  else changes.updated.set(path, after);
}

function compareArrays(path: string, pair: Pair, changes: Changes): void {
  const old = pair.before.elements();
  const now = pair.after.elements();
  const changed = now.filter((value, i) => !old[i]?.isIdentical(value)).length;
  // where most elements moved, the whole array is the shorter description
  if (changed > 1 && changed * 2 > now.length) {
    changes.updated.set(path, pair.after);
    return;
  }
  for (const [i, value] of now.entries()) compareField(`${path}.${i}`, { before: old[i], after: value }, changes);
  if (now.length < old.length) changes.truncated.push({ field: path, newSize: now.length });
}

// What can be seen of a filter without evaluating it: one of some plain values that every event it lets pass has at a path.
// By that, filters that cannot pass are not even looked at. What a filter means is filter.ts.
import { isFilterObject } from './filter-operators/operator.js';
import { parsePath, testPath } from './filter-operators/path.js';

/** A value that is found by itself; null is left out, since it also equals what is absent. */
export type KeyValue = string | number | boolean;

/** What an event has that passes a filter: at least one of these values at the path, or in an array there. */
export interface FilterKey {
  readonly path: string;
  /** At least one, each once. */
  readonly values: readonly KeyValue[];
}

/** The most values of one filter by which it is found. */
const maxValues = 100;

/**
 * The condition of a valid filter that says most: an equality before a list, and a list before a truth value; null when it
 * has none that must hold. Conditions inside of `$and` count, those of `$or` do not. Never throws.
 */
export function filterKeyOf(filter: unknown): FilterKey | null {
  let best: FilterKey | null = null;
  for (const key of keysOf(filter)) if (best === null || weightOf(key) < weightOf(best)) best = key;
  return best;
}

/** The plain values that a document has at a path, as a comparison with the path would meet them. Never throws. */
export function createKeyReader(path: string): (document: unknown) => ReadonlySet<KeyValue> {
  let found = new Set<KeyValue>();
  const search = testPath(
    parsePath(path),
    (value) => {
      if (isKeyValue(value)) found.add(value);
      return false;
    },
    true,
  );
  return (document) => {
    found = new Set();
    search(document);
    return found;
  };
}

function* keysOf(filter: unknown): Generator<FilterKey> {
  if (!isFilterObject(filter)) return;
  for (const [path, operand] of Object.entries(filter)) {
    if (path === '$and' && Array.isArray(operand)) for (const part of operand) yield* keysOf(part);
    // Instants are compared with what their text stands for, and types are told apart before.
    if (path.startsWith('$') || path === 'time' || path === 'type') continue;
    const values = valuesOf(operand);
    if (values !== null) yield { path, values };
  }
}

function valuesOf(operand: unknown): readonly KeyValue[] | null {
  if (isKeyValue(operand)) return [operand];
  if (!isFilterObject(operand)) return null;
  const { $eq, $in } = operand;
  if (isKeyValue($eq)) return [$eq];
  const isList = Array.isArray($in) && $in.length > 0 && $in.length <= maxValues && $in.every(isKeyValue);
  return isList ? [...new Set<KeyValue>($in)] : null;
}

/** Less is better: few values, and those there are many different ones of. */
function weightOf({ values }: FilterKey): number {
  return values.length + (values.some((value) => typeof value === 'boolean') ? maxValues : 0);
}

function isKeyValue(value: unknown): value is KeyValue {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

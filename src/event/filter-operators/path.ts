// How a dotted path finds values in a document, through arrays, as MongoDB does it. Which paths a filter may use is the
// filter's business.
import { isFilterObject, type Test } from './operator.js';

/** A path, split and looked at once. */
export interface Path {
  readonly keys: readonly string[];
  /** For each key the array index it also is, or -1. */
  readonly indexes: readonly number[];
}

/** Reads a dotted path such as `data.items.0.price`. Never throws. */
export function parsePath(text: string): Path {
  // Keys of an object are strings that the engine finds properties by without hashing them again.
  const keys = text.split('.').map((key) => Object.keys({ [key]: true })[0] ?? key);
  return { keys, indexes: keys.map((key) => (/^(?:0|[1-9]\d{0,8})$/.test(key) ? Number(key) : -1)) };
}

/**
 * Whether a value at the path passes. An array in the way is entered: each object in it, and the element that the next
 * key is the index of. A value that is absent is tested as `undefined`, but an array that has nothing to enter gives no
 * value at all. With `entersLast` an array at the end gives each of its elements, then itself.
 */
export function testPath(path: Path, test: Test, entersLast: boolean): Test {
  // Spelled out: with a spread the engine does not know the shape, and reads are five times slower.
  const search: Search = { keys: path.keys, indexes: path.indexes, test, entersLast };
  return (document) => typeof document === 'object' && document !== null && fromObject(search, document, 0);
}

interface Search extends Path {
  readonly test: Test;
  readonly entersLast: boolean;
}

function fromObject(search: Search, container: object, start: number): boolean {
  const { keys } = search;
  let value: unknown = ownValue(container, keys[start] ?? '');
  for (let position = start + 1; position < keys.length; position += 1) {
    if (Array.isArray(value)) return fromArray(search, value, position);
    if (typeof value !== 'object' || value === null) return search.test(undefined);
    value = ownValue(value, keys[position] ?? '');
  }
  return search.entersLast && Array.isArray(value) ? value.some(search.test) || search.test(value) : search.test(value);
}

function fromArray(search: Search, array: readonly unknown[], position: number): boolean {
  const index = search.indexes[position];
  for (let at = 0; at < array.length; at += 1) {
    const element = array[at];
    if (isFilterObject(element) && fromObject(search, element, position)) return true;
    if (at === index && atIndex(search, element, position + 1)) return true;
  }
  return false;
}

/** An element named by its index: an array at the end of the path is then not entered. */
function atIndex(search: Search, element: unknown, position: number): boolean {
  if (position === search.keys.length) return search.test(element);
  if (Array.isArray(element)) return fromArray(search, element, position);
  return isFilterObject(element) && fromObject(search, element, position);
}

function ownValue(container: object, key: string): unknown {
  if (!Object.hasOwn(container, key) || (key === 'length' && Array.isArray(container))) return undefined;
  return (container as Record<string, unknown>)[key];
}

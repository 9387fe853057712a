// Answering a filter from an index key alone, as far as a key tells. Filters on documents are in match.ts.
import type { Index } from './catalog.js';
import { isWithin, normalize } from './interval.js';
import { invert, KeyType, maxKeyBytes } from './key-encoding.js';
import { skipValue } from './key-skip.js';
import { type Expression, evaluate, type Leaf } from './match.js';
import type { Predicate } from './predicates.js';

/** Tells from an index key whether its document matches: yes, no, or (undefined) only the document tells. */
export type KeyFilter = (key: Buffer) => boolean | undefined;

/** A value within a key, as an ascending field has it. */
interface KeyPart {
  readonly key: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Evaluates a filter on index keys as far as they tell; undefined if they tell nothing. */
export function keyFilterOf(index: Index, filter: Expression): KeyFilter | undefined {
  const columns = new Map(index.fields.map(({ path }, i) => [path.text, i]));
  const tests = new Map<Leaf, (part: KeyPart) => boolean | undefined>();
  evaluate(filter, (leaf) => {
    const test = leaf.kind === 'field' && columns.has(leaf.path.text) ? testOf(leaf.predicate) : undefined;
    if (test) tests.set(leaf, test);
    return undefined;
  });
  if (tests.size === 0) return undefined;
  return (key) => {
    const parts = partsOf(index, key);
    if (!parts) return undefined;
    return evaluate(filter, (leaf) => {
      const part = leaf.kind === 'field' ? parts[columns.get(leaf.path.text) ?? -1] : undefined;
      return part && tests.get(leaf)?.(part);
    });
  };
}

/** The values of a key; undefined of one that was cut: it has no whole values. */
function partsOf(index: Index, entry: Buffer): KeyPart[] | undefined {
  let end = 4;
  const parts = index.descending.map((isDescending): KeyPart => {
    const start = end;
    end = skipValue(entry, start, isDescending ? 0xff : 0);
    if (!isDescending) return { key: entry, start, end };
    return { key: invert(entry.subarray(start, end)), start: 0, end: end - start };
  });
  const recordKeyBytes = index.isUnique ? 0 : entry.readUInt16BE(entry.length - 2) + 2;
  return end === entry.length - recordKeyBytes && end - 4 < maxKeyBytes ? parts : undefined;
}

function testOf({ bounds, operator }: Predicate): ((part: KeyPart) => boolean | undefined) | undefined {
  if (!bounds) return undefined;
  const intervals = normalize(bounds.intervals);
  return ({ key, start, end }) => {
    // null in a key may be a missing field
    if (operator === 'exists') return key[start] === KeyType.null ? undefined : true;
    if (!isWithin(intervals, key, start, end)) return false;
    return bounds.isExact ? true : undefined;
  };
}

// Answering a filter from an index key alone, as far as a key tells. Filters on documents are in match.ts.
import type { Index } from './catalog.js';
import { isWithin, normalize } from './interval.js';
import { invert, KeyType, maxKeyBytes } from './key-encoding.js';
import { skipValue } from './key-skip.js';
import type { Expression } from './match.js';

/** Tells from an index key whether its document matches: yes, no, or (undefined) only the document tells. */
export type KeyFilter = (key: Buffer) => boolean | undefined;

/** Evaluates a filter on index keys as far as they tell; undefined if they tell nothing. */
export function keyFilterOf(index: Index, filter: Expression): KeyFilter | undefined {
  const columns = new Map(index.fields.map(({ path }, i) => [path.text, i]));
  if (!mentions(filter, columns)) return undefined;
  const evaluate = compileOnKey(filter, columns);
  const starts: number[] = [];
  return (entry) => {
    let at = 4;
    for (const [i, isDescending] of index.descending.entries()) {
      starts[i] = at;
      at = skipValue(entry, at, isDescending ? 0xff : 0);
    }
    starts[index.fields.length] = at;
    // a key that was cut has no whole values
    const recordKeyBytes = index.isUnique ? 0 : entry.readUInt16BE(entry.length - 2) + 2;
    if (at !== entry.length - recordKeyBytes || at - 4 >= maxKeyBytes) return undefined;
    return evaluate({ entry, starts, descending: index.descending });
  };
}

function mentions(expression: Expression, columns: ReadonlyMap<string, number>): boolean {
  switch (expression.kind) {
    case 'field':
      return columns.has(expression.path.text) && expression.predicate.bounds !== undefined;
    case 'not':
      return mentions(expression.child, columns);
    case 'document':
      return false;
    case 'and':
    case 'or':
    case 'nor':
      return expression.children.some((child) => mentions(child, columns));
  }
}

interface EntryView {
  readonly entry: Buffer;
  readonly starts: readonly number[];
  readonly descending: readonly boolean[];
}

type OnKey = (view: EntryView) => boolean | undefined;

function compileOnKey(expression: Expression, columns: ReadonlyMap<string, number>): OnKey {
  switch (expression.kind) {
    case 'field':
      return compileFieldOnKey(expression, columns.get(expression.path.text));
    case 'not': {
      const child = compileOnKey(expression.child, columns);
      return (view) => negate(child(view));
    }
    case 'document':
      return () => undefined;
    case 'and':
    case 'or': {
      const children = expression.children.map((child) => compileOnKey(child, columns));
      const decisive = expression.kind === 'or';
      return (view) => decide(children, view, decisive);
    }
    case 'nor': {
      const children = expression.children.map((child) => compileOnKey(child, columns));
      return (view) => negate(decide(children, view, true));
    }
  }
}

function negate(answer: boolean | undefined): boolean | undefined {
  return answer === undefined ? undefined : !answer;
}

function decide(children: readonly OnKey[], view: EntryView, decisive: boolean): boolean | undefined {
  let isUnknown = false;
  for (const child of children) {
    const answer = child(view);
    if (answer === decisive) return decisive;
    if (answer === undefined) isUnknown = true;
  }
  return isUnknown ? undefined : !decisive;
}

function compileFieldOnKey(expression: Expression & { kind: 'field' }, column: number | undefined): OnKey {
  const { bounds, operator } = expression.predicate;
  if (column === undefined || !bounds) return () => undefined;
  const intervals = normalize(bounds.intervals);
  const isExact = bounds.isExact;
  return ({ entry, starts, descending }) => {
    const start = starts[column] as number;
    const end = starts[column + 1] as number;
    const key = descending[column] ? invert(entry.subarray(start, end)) : entry;
    const from = descending[column] ? 0 : start;
    const to = descending[column] ? end - start : end;
    // null in a key may be a missing field
    if (operator === 'exists') return key[from] === KeyType.null ? undefined : true;
    if (!isWithin(intervals, key, from, to)) return false;
    return isExact ? true : undefined;
  };
}

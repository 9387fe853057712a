// The option `arrayFilters` of updates: which elements `$[name]` means. Walking to them is in update.ts.
import { BsonType, type Value } from './bson-raw.js';
import { failedToParse } from './errors.js';
import { compileElementFilter } from './match.js';
import { closeTree } from './tree.js';

/** The names given in `arrayFilters`, each with its test. */
export type ArrayFilters = ReadonlyMap<string, (element: Value) => boolean>;

/** The tests of `arrayFilters`, by the name each one uses. */
export function compileArrayFilters(filters: Value | undefined): ArrayFilters {
  const tests = new Map<string, (element: Value) => boolean>();
  for (const filter of filters ? filters.elements() : []) {
    const names = new Set(identifiersOf(filter));
    const [name] = names;
    if (names.size !== 1 || name === undefined || !/^[a-z]\w*$/.test(name))
      throw failedToParse('An array filter needs one field name, beginning with a lowercase letter');
    if (tests.has(name)) throw failedToParse(`Found multiple array filters named ${name}`);
    // the filter reads as one on a document that has the element under its name
    const matches = compileElementFilter(filter);
    tests.set(name, (element) => matches(wrap(name, element)));
  }
  return tests;
}

function identifiersOf(filter: Value): string[] {
  return filter.fields().flatMap(([name, value]) => {
    if (!name.startsWith('$')) return [name.split('.')[0] ?? ''];
    return value.type === BsonType.array ? value.elements().flatMap(identifiersOf) : [];
  });
}

function wrap(name: string, element: Value): Value {
  return closeTree({ type: BsonType.object, fields: [{ name, node: element }] });
}

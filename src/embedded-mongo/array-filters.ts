// The option `arrayFilters` of updates: which elements `$[name]` means. Walking to them is in update.ts.
import { BsonType, elementsOf, fieldsOf, type Value } from './bson-raw.js';
import { CommandError } from './errors.js';
import { compileElementFilter } from './match.js';
import { closeTree } from './tree.js';

/** The names given in `arrayFilters`, each with its test. */
export type ArrayFilters = ReadonlyMap<string, (element: Value) => boolean>;

/** The tests of `arrayFilters`, by the name each one uses. */
export function compileArrayFilters(filters: Value | undefined): ArrayFilters {
  const tests = new Map<string, (element: Value) => boolean>();
  for (const filter of filters ? elementsOf(filters) : []) {
    const names = new Set(identifiersOf(filter));
    const [name] = names;
    if (names.size !== 1 || name === undefined || !/^[a-z]\w*$/.test(name)) {
      throw new CommandError(
        'FailedToParse',
        'An array filter needs one field name, beginning with a lowercase letter',
      );
    }
    if (tests.has(name)) throw new CommandError('FailedToParse', `Found multiple array filters named ${name}`);
    // the filter reads as one on a document that has the element under its name
    const matches = compileElementFilter(filter);
    tests.set(name, (element) => matches(wrap(name, element)));
  }
  return tests;
}

function identifiersOf(filter: Value): string[] {
  return fieldsOf(filter).flatMap(([name, value]) => {
    if (!name.startsWith('$')) return [name.split('.')[0] ?? ''];
    return value.type === BsonType.array ? elementsOf(value).flatMap(identifiersOf) : [];
  });
}

function wrap(name: string, element: Value): Value {
  return closeTree({ type: BsonType.object, fields: [{ name, node: element }] });
}

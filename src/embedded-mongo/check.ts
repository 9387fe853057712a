// Reading a whole store to see that it is sound: all checksums, and that indexes and counts agree with the documents. For a store
// that nobody writes to.
import type { Collection } from './catalog.js';
import type { Engine } from './engine.js';
import { KeyScan, rangeOfId } from './key-scan.js';
import { entryKey, indexKeysOf } from './records.js';
import { DamagedFileError } from './storage.js';

/** What was found. */
export interface StoreSummary {
  readonly collections: number;
  readonly documents: number;
}

/** Reads everything. Throws `DamagedFileError` naming the collection or index that is not sound. */
export function checkStore(engine: Engine): StoreSummary {
  const collections = [...engine.catalog.all()];
  let documents = 0;
  for (const collection of collections) documents += checkCollection(engine, collection);
  for (const _operation of engine.oplog.read(0n));
  return { collections: collections.length, documents };
}

function checkCollection({ storage }: Engine, collection: Collection): number {
  const { namespace, documentCount } = collection;
  const indexes = collection.indexes.filter((index) => !index.isBuilding).map((index) => ({ index, expected: 0 }));
  let count = 0;
  const scan = new KeyScan(storage.documents, rangeOfId(collection.id), { withValues: true });
  while (scan.next()) {
    count += 1;
    const recordKey = scan.key.subarray(4);
    for (const each of indexes) {
      for (const key of indexKeysOf(each.index, scan.value as Buffer).keys) {
        each.expected += 1;
        if (!storage.indexes.doesExist(entryKey(each.index, key, recordKey)))
          throw new DamagedFileError(`the index ${each.index.name} of ${namespace} lacks an entry`);
      }
    }
  }
  if (count !== documentCount)
    throw new DamagedFileError(`${namespace} has ${count} documents, but ${documentCount} are counted`);
  for (const { index, expected } of indexes) {
    const found = storage.indexes.getKeysCount(rangeOfId(index.id));
    if (found !== expected)
      throw new DamagedFileError(`the index ${index.name} of ${namespace} has ${found} entries instead of ${expected}`);
  }
  return count;
}

// What has to be put right when the store is opened after it was not closed.
import type { Engine } from './engine.js';
import { atOnce } from './work.js';

/** Drops indexes whose building was cut off. Returns one sentence about what was done, or null. */
export async function recover(engine: Engine): Promise<string | null> {
  const unfinished = [...engine.catalog.all()].flatMap((collection) =>
    collection.indexes.filter((index) => index.isBuilding).map((index) => ({ collection, index })),
  );
  if (unfinished.length === 0) return null;
  await engine.writer.run(() =>
    atOnce(() => {
      for (const { collection, index } of unfinished) engine.catalog.dropIndex(collection, index);
    }),
  );
  const names = unfinished.map(({ collection, index }) => `${index.name} of ${collection.namespace}`).join(', ');
  return `Dropped indexes that were being built when the store was stopped: ${names}.`;
}

// insert. Writing one document is in write-documents.ts.
import { type Command, namespaceOf, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import type { Work } from '../work.js';
import { collectionFor, insertDocument } from '../write-documents.js';
import { runList } from './write-list.js';

/** `{insert, documents, ordered}`. */
export function insert(command: Command, engine: Engine): Promise<Reply> {
  const { db, collection: name } = namespaceOf(command);
  return runList(command, engine, {
    name: 'documents',
    // biome-ignore lint/correctness/useYield: one insert is too short to be stopped
    *writeOne(document, _index, { totals, changes }): Work<void> {
      insertDocument(engine, { collection: collectionFor(engine, db, name), changes }, document);
      totals.n += 1;
    },
  });
}

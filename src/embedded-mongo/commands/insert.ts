// insert. Writing one document is in write-documents.ts.
import type { Command, Reply } from '../command.js';
import type { Engine } from '../engine.js';
import type { Work } from '../work.js';
import { runList } from './write-list.js';

/** `{insert, documents, ordered}`. */
export function insert(command: Command, engine: Engine): Promise<Reply> {
  return runList(command, engine, {
    name: 'documents',
    // biome-ignore lint/correctness/useYield: one insert is too short to be stopped
    *writeOne(document, _index, { totals, targetFor }): Work<void> {
      targetFor(true)?.insert(document);
      totals.n += 1;
    },
  });
}

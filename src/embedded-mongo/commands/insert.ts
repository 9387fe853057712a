// insert: many documents, ordered or not. Writing one of them is in write-documents.ts.
import { type Command, documentsOf, flagOption, namespaceOf, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { CommandError } from '../errors.js';
import type { Work } from '../storage.js';
import { Changes, collectionFor, insertDocument } from '../write-documents.js';

/** How many documents go between two places where the work may stop. */
const documentsPerStep = 100;

/** What MongoDB allows in one command. */
export const maxWriteBatchSize = 100_000;

/** `{insert, documents, ordered}`. */
export function insert(command: Command, engine: Engine): Promise<Reply> {
  const target = namespaceOf(command);
  const documents = documentsOf(command, 'documents');
  checkBatchSize(documents.length);
  const isOrdered = !command.fields.has('ordered') || flagOption(command.fields, 'ordered');
  return engine.writer.run(() =>
    engine.sessions.once(command, function* (): Work<Reply> {
      const collection = collectionFor(engine, target.db, target.collection);
      const changes = new Changes(engine, target.namespace);
      const writeErrors: object[] = [];
      let inserted = 0;
      for (const [index, document] of documents.entries()) {
        try {
          insertDocument(engine, { collection, changes }, document);
          inserted += 1;
        } catch (error) {
          writeErrors.push(writeErrorOf(error, index));
          if (isOrdered) break;
        }
        if ((index + 1) % documentsPerStep === 0) {
          changes.flush();
          yield;
        }
      }
      changes.flush();
      return { n: inserted, ...(writeErrors.length > 0 ? { writeErrors } : {}) };
    }),
  );
}

/** Throws `BadValue` for an empty or too long list of writes. */
export function checkBatchSize(count: number): void {
  if (count === 0 || count > maxWriteBatchSize) {
    throw new CommandError(
      'BadValue',
      `Write batch sizes must be between 1 and ${maxWriteBatchSize}. Got ${count} operations.`,
    );
  }
}

/** An entry of `writeErrors`. Errors that are no answer to the client are thrown on. */
export function writeErrorOf(error: unknown, index: number): object {
  if (!(error instanceof CommandError)) throw error;
  return { index, code: error.code, ...error.details, errmsg: error.message };
}

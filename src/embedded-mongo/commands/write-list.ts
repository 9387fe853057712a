// What insert, update and delete have in common: a list of writes, ordered or not, that goes on where it was after a crash.
import type { Value } from '../bson-raw.js';
import { type Command, documentsOf, flagOption, namespaceOf, numberOption, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { badValue, CommandError } from '../errors.js';
import type { Work } from '../work.js';
import { collectionFor, Target } from '../write-documents.js';

/** What MongoDB allows in one command. */
export const maxWriteBatchSize = 100_000;

/** How many writes go between two places where the work may stop. */
const writesPerStep = 50;

/** What was done of a list so far. */
export interface Totals {
  n: number;
  nModified: number;
  upserted: object[];
  writeErrors: object[];
}

/** What one write may use: the totals so far, and where to write; undefined if the collection is not there and is not to be made. */
export interface Into {
  readonly totals: Totals;
  readonly targetFor: (isMade: boolean) => Target | undefined;
}

/** One write of the list. */
export type WriteOne = (document: Buffer, index: number, into: Into) => Work<void>;

/** Does the writes called `listName` and answers as MongoDB does; errors become `writeErrors`, and stop an ordered list. */
export function runList(command: Command, engine: Engine, list: { name: string; writeOne: WriteOne }): Promise<Reply> {
  const writes = documentsOf(command, list.name);
  if (writes.length === 0 || writes.length > maxWriteBatchSize) {
    const range = `between 1 and ${maxWriteBatchSize}`;
    throw badValue(`Write batch sizes must be ${range}. Got ${writes.length} operations.`);
  }
  const { db, collection: name, namespace } = namespaceOf(command);
  const isOrdered = !command.fields.has('ordered') || flagOption(command.fields, 'ordered');
  return engine.writer.run(() =>
    engine.sessions.once(command, function* (kept, keep): Work<Reply> {
      const { totals, next } = resume(kept);
      let target: Target | undefined;
      const targetFor = (isMade: boolean) => {
        const collection = isMade ? collectionFor(engine, db, name) : engine.catalog.find(namespace);
        // others may have dropped it
        if (target?.collection !== collection) target = collection && new Target(engine, collection);
        return target;
      };
      for (let index = next; index < writes.length; index += 1) {
        try {
          yield* list.writeOne(writes[index] as Buffer, index, { totals, targetFor });
        } catch (error) {
          if (!(error instanceof CommandError)) throw error;
          totals.writeErrors.push({ index, code: error.code, ...error.details, errmsg: error.message });
          if (isOrdered) break;
        }
        if ((index + 1) % writesPerStep !== 0) continue;
        target?.flush();
        keep({ ...totals, next: index + 1 });
        yield;
      }
      target?.flush();
      return replyOf(totals, list.name);
    }),
  );
}

function replyOf({ n, nModified, upserted, writeErrors }: Totals, listName: string): Reply {
  return {
    n,
    nModified: listName === 'updates' ? nModified : undefined,
    upserted: upserted.length > 0 ? upserted : undefined,
    writeErrors: writeErrors.length > 0 ? writeErrors : undefined,
  };
}

function resume(kept: Value | undefined): { totals: Totals; next: number } {
  const fields = new Map(kept ? kept.fields() : []);
  const number = (name: string) => numberOption(fields, name, 0);
  const array = (name: string) => [fields.get(name)].flatMap((value) => (value ? value.elements() : []));
  const lists = { upserted: array('upserted'), writeErrors: array('writeErrors') };
  return { totals: { n: number('n'), nModified: number('nModified'), ...lists }, next: number('next') };
}

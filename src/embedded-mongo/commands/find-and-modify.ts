// findAndModify: find one document and change or remove it in the same transaction.
import { compileArrayFilters } from '../array-filters.js';
import { type Command, documentOption, flagOption, namespaceOf, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { failedToParse } from '../errors.js';
import { hintOf } from '../index-spec.js';
import { compileFilter } from '../match.js';
import { compileProjection } from '../projection.js';
import { compileSort } from '../sort.js';
import { compileUpdate } from '../update.js';
import type { Work } from '../work.js';
import { collectionFor, Target } from '../write-documents.js';

/** `{findAndModify, query, sort, remove | update, new, fields, upsert, arrayFilters, hint}`. */
export function findAndModify(command: Command, engine: Engine): Promise<Reply> {
  const { fields } = command;
  const { db, collection: name, namespace } = namespaceOf(command);
  const isRemove = flagOption(fields, 'remove');
  const isUpsert = flagOption(fields, 'upsert');
  const wantsNew = flagOption(fields, 'new');
  const given = fields.get('update');
  if (isRemove === (given !== undefined))
    throw failedToParse('Either an update or remove=true must be specified, and not both');
  if (isRemove && (isUpsert || wantsNew))
    throw failedToParse(`Cannot specify both ${isUpsert ? 'upsert' : 'new'}=true and remove=true`);
  const update = given ? compileUpdate(given, compileArrayFilters(fields.get('arrayFilters'))) : undefined;
  const filter = compileFilter(documentOption(fields, 'query'));
  const sort = compileSort(fields.get('sort'));
  const project =
    compileProjection(fields.get('fields') ?? fields.get('projection')) ?? ((document: Buffer) => document);

  return engine.writer.run(() =>
    engine.sessions.once(command, function* (): Work<Reply> {
      const collection = isUpsert ? collectionFor(engine, db, name) : engine.catalog.find(namespace);
      const none = { lastErrorObject: { n: 0, ...(update && { updatedExisting: false }) }, value: null };
      if (!collection) return none;
      const target = new Target(engine, collection);
      const search = { filter, sort, hint: hintOf(fields.get('hint'), collection), limit: 1 };
      let before: Buffer | undefined;
      let after: Buffer | undefined;
      yield* target.forEachMatch(search, (match) => {
        before = match.document;
        if (update) after = target.update(match, update, filter) ?? before;
        else target.remove(match);
      });
      const upserted = !before && update && isUpsert ? target.upsert(filter, update) : undefined;
      target.flush();
      if (!before && !upserted) return none;
      const value = wantsNew ? (after ?? upserted?.document) : before;
      return {
        lastErrorObject: { n: 1, ...(update && { updatedExisting: before !== undefined }), upserted: upserted?.id },
        value: value ? project(value) : null,
      };
    }),
  );
}

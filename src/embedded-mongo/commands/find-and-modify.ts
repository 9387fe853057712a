// findAndModify: find one document and change or remove it in the same transaction.
import { compileArrayFilters } from '../array-filters.js';
import type { Collection } from '../catalog.js';
import { type Command, documentOption, flagOption, namespaceOf, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { failedToParse } from '../errors.js';
import { hintOf } from '../index-spec.js';
import { compileFilter, type Expression, matchedIndexIn, matchesDocument } from '../match.js';
import { type Plan, plan } from '../planner.js';
import { compileProjection } from '../projection.js';
import { compileSort, type SortField } from '../sort.js';
import { type Match, openStream, readAll } from '../stream.js';
import { compileUpdate } from '../update.js';
import { notingPauses, type Work } from '../work.js';
import { Changes, collectionFor, deleteDocument, updateDocument, upsertDocument } from '../write-documents.js';

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
      const changes = new Changes(engine, namespace);
      const target = { collection, changes };
      const chosen = plan(collection, filter, { sort, hint: hintOf(fields.get('hint'), collection) });
      const found = yield* findFirst(engine, collection, { plan: chosen, sort, filter });
      if (found && update) {
        const matchedIndex = update.isPositional ? matchedIndexIn(filter, found.document) : -1;
        const after = updateDocument(engine, target, { ...found, update, matchedIndex }) ?? found.document;
        changes.flush();
        const value = project(wantsNew ? after : found.document);
        return { lastErrorObject: { n: 1, updatedExisting: true }, value };
      }
      if (found) {
        deleteDocument(engine, target, found);
        changes.flush();
        return { lastErrorObject: { n: 1 }, value: project(found.document) };
      }
      if (!update || !isUpsert) return none;
      const { id: upserted, document } = upsertDocument(engine, target, { filter, update });
      changes.flush();
      const value = wantsNew ? project(document) : null;
      return { lastErrorObject: { n: 1, updatedExisting: false, upserted }, value };
    }),
  );
}

function* findFirst(
  engine: Engine,
  collection: Collection,
  wish: { plan: Plan; sort: readonly SortField[]; filter: Expression },
): Work<Match | undefined> {
  for (;;) {
    let found: Match | undefined;
    const stream = openStream(engine.storage, collection, { plan: wish.plan, sort: wish.sort, limit: 1 });
    const search = readAll(stream, (match) => {
      found = match;
      return false;
    });
    const { wasPaused } = yield* notingPauses(search);
    if (!found || !wasPaused) return found;
    if (engine.catalog.find(collection.namespace) !== collection) return undefined;
    // others wrote while we searched: look again at what we found, and search again if it is no longer there
    const document = engine.records.get(collection, found.recordKey);
    if (document && matchesDocument(wish.filter, document)) return { recordKey: found.recordKey, document };
  }
}

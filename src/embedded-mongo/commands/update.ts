// update and delete: statements with filters. Changing one document is in write-documents.ts.
import { compileArrayFilters } from '../array-filters.js';
import { BsonType, documentValue, type Value } from '../bson-raw.js';
import type { Collection } from '../catalog.js';
import { type Command, documentOption, flagOption, namespaceOf, numberOption, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { CommandError, failedToParse, notSupported } from '../errors.js';
import { checkCollation, hintOf } from '../index-spec.js';
import { compileFilter, conjunctsOf, type Expression, matchedIndexIn, matchesDocument } from '../match.js';
import { plan } from '../planner.js';
import { recordKeyOf } from '../records.js';
import { openStream, readAll } from '../stream.js';
import { compileUpdate } from '../update.js';
import { notingPauses, type Work } from '../work.js';
import { collectionFor, deleteDocument, type Target, updateDocument, upsertDocument } from '../write-documents.js';
import { runList } from './write-list.js';

/** Documents found by a multi-document write are kept until they are written, up to about this many bytes. */
const maxHeldBytes = 4 * 1024 * 1024;

interface Found {
  readonly recordKey: Buffer;
  document: Buffer | undefined;
}

/** The key of the only document that a filter can match, if the filter names its `_id`. */
function recordKeyIn(filter: Expression): Buffer | undefined {
  for (const conjunct of conjunctsOf(filter)) {
    if (conjunct.kind !== 'field' || conjunct.path.text !== '_id') continue;
    const { operator, operand } = conjunct.predicate;
    if (operator === 'eq' && operand && operand.type !== BsonType.array) return recordKeyOf(operand);
  }
  return undefined;
}

/** All (or the first) documents that match; those found before a stop come without their document. */
function* collect(
  engine: Engine,
  collection: Collection,
  wish: { filter: Expression; hint: string | undefined; isMulti: boolean },
): Work<Found[]> {
  const recordKey = wish.hint === undefined ? recordKeyIn(wish.filter) : undefined;
  if (recordKey) {
    const document = engine.records.get(collection, recordKey);
    return document && matchesDocument(wish.filter, document) ? [{ recordKey, document }] : [];
  }
  const chosen = plan(collection, wish.filter, { sort: [], hint: wish.hint });
  const stream = openStream(engine.storage, collection, { plan: chosen });
  const found: Found[] = [];
  let heldBytes = 0;
  yield* readAll(stream, (match) => {
    heldBytes += match.document.length;
    found.push({ recordKey: match.recordKey, document: heldBytes > maxHeldBytes ? undefined : match.document });
    return wish.isMulti;
  });
  return found;
}

/** Visits every match once, re-reading those that others may have changed since they were found. */
function* forEachMatch(
  engine: Engine,
  target: Target,
  wish: {
    filter: Expression;
    hint: string | undefined;
    isMulti: boolean;
    visit: (match: { recordKey: Buffer; document: Buffer }) => void;
  },
): Work<number> {
  const search = collect(engine, target.collection, wish);
  const found = yield* notingPauses(search, () => target.changes.flush());
  let { wasPaused } = found;
  let matched = 0;
  for (const [i, { recordKey, document: held }] of found.value.entries()) {
    if (wasPaused && engine.catalog.find(target.collection.namespace) !== target.collection) break;
    const document = wasPaused || held === undefined ? engine.records.get(target.collection, recordKey) : held;
    if (document === undefined || ((wasPaused || held === undefined) && !matchesDocument(wish.filter, document)))
      continue;
    matched += 1;
    wish.visit({ recordKey, document });
    if ((i + 1) % 50 === 0) {
      target.changes.flush();
      if (yield) wasPaused = true;
    }
  }
  return matched;
}

const updateFields = ['q', 'u', 'c', 'multi', 'upsert', 'arrayFilters', 'hint', 'collation', 'sort'];

function parseUpdate(document: Buffer, collection: Collection | undefined) {
  const fields = statementFields(document, { command: 'update', known: updateFields });
  if (fields.has('c')) throw notSupported('The option c of an update');
  if (fields.has('sort')) throw notSupported('The option sort of an update');
  const u = fields.get('u');
  if (!u) throw failedToParse("BSON field 'update.updates.u' is missing but a required field");
  const isMulti = flagOption(fields, 'multi');
  const update = compileUpdate(u, compileArrayFilters(fields.get('arrayFilters')));
  if (isMulti && update.isReplacement)
    throw failedToParse('multi update is not supported for replacement-style update');
  return {
    filter: compileFilter(documentOption(fields, 'q')),
    update,
    isMulti,
    isUpsert: flagOption(fields, 'upsert'),
    hint: hintOf(fields.get('hint'), collection),
  };
}

function statementFields(
  document: Buffer,
  { command, known }: { command: string; known: readonly string[] },
): Map<string, Value> {
  const fields = new Map(documentValue(document).fields());
  for (const [name, value] of fields) {
    if (!known.includes(name))
      throw new CommandError('Location40415', `BSON field '${command}.${command}s.${name}' is an unknown field.`);
    if (name === 'collation') checkCollation(value);
  }
  const filter = fields.get('q');
  if (filter?.type !== BsonType.object)
    throw failedToParse(`BSON field '${command}.${command}s.q' is missing but a required field`);
  return fields;
}

/** `{update, updates: [{q, u, multi, upsert, arrayFilters, hint}], ordered}`. */
export function update(command: Command, engine: Engine): Promise<Reply> {
  const { db, collection: name, namespace } = namespaceOf(command);
  return runList(command, engine, {
    name: 'updates',
    *writeOne(document, index, { totals, changes }): Work<void> {
      const statement = parseUpdate(document, engine.catalog.find(namespace));
      const collection = statement.isUpsert ? collectionFor(engine, db, name) : engine.catalog.find(namespace);
      if (!collection) return;
      const target = { collection, changes };
      const { filter, update: change } = statement;
      const matched = yield* forEachMatch(engine, target, {
        ...statement,
        visit: (match) => {
          totals.n += 1;
          const matchedIndex = change.isPositional ? matchedIndexIn(filter, match.document) : -1;
          const changed = updateDocument(engine, target, { ...match, update: change, matchedIndex });
          if (changed) totals.nModified += 1;
        },
      });
      if (matched > 0 || !statement.isUpsert) return;
      const { id } = upsertDocument(engine, target, { filter, update: change });
      totals.n += 1;
      totals.upserted.push({ index, _id: id });
    },
  });
}

/** `{delete, deletes: [{q, limit, hint}], ordered}`. */
export function remove(command: Command, engine: Engine): Promise<Reply> {
  const { namespace } = namespaceOf(command);
  return runList(command, engine, {
    name: 'deletes',
    *writeOne(document, _index, { totals, changes }): Work<void> {
      const fields = statementFields(document, { command: 'delete', known: ['q', 'limit', 'hint', 'collation'] });
      const limit = numberOption(fields, 'limit', Number.NaN);
      if (limit !== 0 && limit !== 1) {
        throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${limit}`);
      }
      const collection = engine.catalog.find(namespace);
      if (!collection) return;
      const target = { collection, changes };
      yield* forEachMatch(engine, target, {
        filter: compileFilter(documentOption(fields, 'q')),
        hint: hintOf(fields.get('hint'), collection),
        isMulti: limit === 0,
        visit: (match) => {
          deleteDocument(engine, target, match);
          totals.n += 1;
        },
      });
    },
  });
}

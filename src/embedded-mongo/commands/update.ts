// update and delete: statements with filters. Changing one document is in write-documents.ts.
import { compileArrayFilters } from '../array-filters.js';
import { BsonType, documentValue, type Value } from '../bson-raw.js';
import { type Command, documentOption, flagOption, numberOption, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { CommandError, failedToParse, notSupported } from '../errors.js';
import { checkCollation, hintOf } from '../index-spec.js';
import { compileFilter } from '../match.js';
import { compileUpdate } from '../update.js';
import type { Work } from '../work.js';
import { runList } from './write-list.js';

const updateFields = ['q', 'u', 'c', 'multi', 'upsert', 'arrayFilters', 'hint', 'collation', 'sort'];

function parseUpdate(document: Buffer) {
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
    limit: isMulti ? 0 : 1,
    isUpsert: flagOption(fields, 'upsert'),
    hint: fields.get('hint'),
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
  return runList(command, engine, {
    name: 'updates',
    *writeOne(document, index, { totals, targetFor }): Work<void> {
      const { filter, update: change, limit, isUpsert, hint } = parseUpdate(document);
      const target = targetFor(isUpsert);
      if (!target) return;
      const search = { filter, limit, hint: hintOf(hint, target.collection) };
      const matched = yield* target.forEachMatch(search, (match) => {
        totals.n += 1;
        if (target.update(match, change, filter)) totals.nModified += 1;
      });
      if (matched > 0 || !isUpsert) return;
      const { id } = target.upsert(filter, change);
      totals.n += 1;
      totals.upserted.push({ index, _id: id });
    },
  });
}

/** `{delete, deletes: [{q, limit, hint}], ordered}`. */
export function remove(command: Command, engine: Engine): Promise<Reply> {
  return runList(command, engine, {
    name: 'deletes',
    *writeOne(document, _index, { totals, targetFor }): Work<void> {
      const fields = statementFields(document, { command: 'delete', known: ['q', 'limit', 'hint', 'collation'] });
      const limit = numberOption(fields, 'limit', Number.NaN);
      if (limit !== 0 && limit !== 1)
        throw failedToParse(`The limit field in delete objects must be 0 or 1. Got ${limit}`);
      const target = targetFor(false);
      if (!target) return;
      const filter = compileFilter(documentOption(fields, 'q'));
      yield* target.forEachMatch({ filter, limit, hint: hintOf(fields.get('hint'), target.collection) }, (match) => {
        target.remove(match);
        totals.n += 1;
      });
    },
  });
}

// The list of all commands: a new one is a line here and a function in one of these files.
import type { Command, Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { aggregate } from './aggregate.js';
import { collMod, create, drop, dropDatabase, listCollections, listDatabases } from './collections.js';
import {
  buildInfo,
  connectionStatus,
  endSessions,
  explain,
  getParameter,
  hello,
  ping,
  refreshSessions,
  refuseTransactions,
  serverStatus,
} from './diagnostics.js';
import { count, distinct, find, getMore, killCursors } from './find.js';
import { findAndModify } from './find-and-modify.js';
import { createIndexes, dropIndexes, listIndexes } from './indexes.js';
import { insert } from './insert.js';
import { remove, update } from './update.js';

/** A command: the options it knows, and what it does. `fields: 'any'` takes all. */
export interface CommandHandler {
  readonly fields: readonly string[] | 'any';
  readonly run: (command: Command, engine: Engine) => Reply | Promise<Reply>;
}

const writeFields = ['ordered', 'bypassDocumentValidation', 'stmtId', 'stmtIds', 'maxTimeMS'];

/** Every command by its name, in lower case as MongoDB takes it for `ismaster`. */
export const commands: Readonly<Record<string, CommandHandler>> = {
  hello: { fields: 'any', run: hello },
  isMaster: { fields: 'any', run: hello },
  ismaster: { fields: 'any', run: hello },
  ping: { fields: [], run: ping },
  buildInfo: { fields: [], run: buildInfo },
  buildinfo: { fields: [], run: buildInfo },
  connectionStatus: { fields: ['showPrivileges'], run: connectionStatus },
  getParameter: { fields: 'any', run: getParameter },
  serverStatus: { fields: 'any', run: serverStatus },
  endSessions: { fields: [], run: endSessions },
  killSessions: { fields: [], run: endSessions },
  refreshSessions: { fields: [], run: refreshSessions },
  startSession: { fields: [], run: refuseTransactions },
  commitTransaction: { fields: 'any', run: refuseTransactions },
  abortTransaction: { fields: 'any', run: refuseTransactions },
  explain: { fields: ['verbosity'], run: explain },

  find: {
    fields: [
      'filter',
      'sort',
      'projection',
      'hint',
      'skip',
      'limit',
      'batchSize',
      'singleBatch',
      'min',
      'max',
      'returnKey',
      'showRecordId',
      'tailable',
      'awaitData',
      'oplogReplay',
      'noCursorTimeout',
      'allowPartialResults',
      'allowDiskUse',
      'let',
    ],
    run: find,
  },
  getMore: { fields: ['collection', 'batchSize'], run: getMore },
  killCursors: { fields: ['cursors'], run: killCursors },
  count: { fields: ['query', 'limit', 'skip', 'hint', 'fields'], run: count },
  distinct: { fields: ['key', 'query', 'hint'], run: distinct },
  aggregate: {
    fields: [
      'pipeline',
      'cursor',
      'hint',
      'allowDiskUse',
      'explain',
      'let',
      'bypassDocumentValidation',
      'fromMongos',
      'needsMerge',
    ],
    run: aggregate,
  },

  insert: { fields: ['documents', ...writeFields], run: insert },
  update: { fields: ['updates', 'let', ...writeFields], run: update },
  delete: { fields: ['deletes', 'let', ...writeFields], run: remove },
  findAndModify: {
    fields: [
      'query',
      'sort',
      'remove',
      'update',
      'new',
      'fields',
      'projection',
      'upsert',
      'arrayFilters',
      'hint',
      'let',
      ...writeFields,
    ],
    run: findAndModify,
  },

  create: {
    fields: [
      'capped',
      'size',
      'max',
      'timeseries',
      'expireAfterSeconds',
      'clusteredIndex',
      'changeStreamPreAndPostImages',
      'validator',
      'validationLevel',
      'validationAction',
      'viewOn',
      'pipeline',
      'encryptedFields',
      'storageEngine',
      'indexOptionDefaults',
      'autoIndexId',
    ],
    run: create,
  },
  drop: { fields: [], run: drop },
  dropDatabase: { fields: [], run: dropDatabase },
  listCollections: { fields: ['filter', 'nameOnly', 'authorizedCollections', 'cursor'], run: listCollections },
  listDatabases: { fields: ['filter', 'nameOnly', 'authorizedDatabases'], run: listDatabases },
  collMod: {
    fields: [
      'index',
      'validator',
      'viewOn',
      'pipeline',
      'changeStreamPreAndPostImages',
      'expireAfterSeconds',
      'cappedSize',
      'cappedMax',
    ],
    run: collMod,
  },
  createIndexes: { fields: ['indexes', 'commitQuorum'], run: createIndexes },
  dropIndexes: { fields: ['index'], run: dropIndexes },
  listIndexes: { fields: ['cursor'], run: listIndexes },
};

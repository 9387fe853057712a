// The list of all commands: a new one is a line here and a function in one of these files.
import type { Command, Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { aggregate } from './aggregate.js';
import { create, drop, dropDatabase, listCollections, listDatabases } from './collections.js';
import { copyStore } from './copy-store.js';
import {
  buildInfo,
  connectionStatus,
  endSessions,
  explain,
  getParameter,
  hello,
  refuseTransactions,
  serverStatus,
} from './diagnostics.js';
import { count, distinct, find, getMore, killCursors } from './find.js';
import { findAndModify } from './find-and-modify.js';
import { createIndexes, dropIndexes, listIndexes } from './indexes.js';
import { insert } from './insert.js';
import { remove, update } from './update.js';

/** A command: the options it knows (besides those every command has), and what it does. */
export interface CommandHandler {
  readonly fields: readonly string[] | 'any';
  readonly run: (command: Command, engine: Engine) => Reply | Promise<Reply>;
}

function handler(fields: string, run: CommandHandler['run']): CommandHandler {
  return { fields: fields === '*' ? 'any' : fields.split(' '), run };
}

const findFields =
  'filter sort projection hint skip limit batchSize singleBatch noCursorTimeout allowPartialResults allowDiskUse';
const modifyFields = 'query sort remove update new fields projection upsert arrayFilters hint bypassDocumentValidation';

/** Every command by its name; `*` takes all options. */
export const commands: Readonly<Record<string, CommandHandler>> = {
  hello: handler('*', hello),
  isMaster: handler('*', hello),
  ismaster: handler('*', hello),
  ping: handler('', () => ({})),
  buildInfo: handler('', buildInfo),
  buildinfo: handler('', buildInfo),
  connectionStatus: handler('showPrivileges', connectionStatus),
  getParameter: handler('*', getParameter),
  serverStatus: handler('*', serverStatus),
  endSessions: handler('', endSessions),
  killSessions: handler('', endSessions),
  // sessions do not age here
  refreshSessions: handler('', () => ({})),
  commitTransaction: handler('*', refuseTransactions),
  abortTransaction: handler('*', refuseTransactions),
  explain: handler('verbosity', explain),
  copyStore: handler('to', copyStore),

  find: handler(findFields, find),
  getMore: handler('collection batchSize', getMore),
  killCursors: handler('cursors', killCursors),
  count: handler('query limit skip hint', count),
  distinct: handler('key query hint', distinct),
  aggregate: handler('pipeline cursor hint allowDiskUse bypassDocumentValidation', aggregate),

  insert: handler('documents ordered bypassDocumentValidation', insert),
  update: handler('updates ordered bypassDocumentValidation', update),
  delete: handler('deletes ordered', remove),
  findAndModify: handler(modifyFields, findAndModify),

  create: handler('', create),
  drop: handler('', drop),
  dropDatabase: handler('', dropDatabase),
  listCollections: handler('filter nameOnly authorizedCollections cursor', listCollections),
  listDatabases: handler('filter nameOnly authorizedDatabases', listDatabases),
  createIndexes: handler('indexes commitQuorum', createIndexes),
  dropIndexes: handler('index', dropIndexes),
  listIndexes: handler('cursor', listIndexes),
};

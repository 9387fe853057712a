// Commands about the server itself: the handshake, what it is, how it is, how it would read.
import { BsonType, elementsOf, fieldsOf, stringOf, type Value, valueBytes } from '../bson-raw.js';
import { writeDocument } from '../bson-write.js';
import type { Collection } from '../catalog.js';
import { type Command, documentOption, numberOption, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { CommandError, notSupported } from '../errors.js';
import { patternOf } from '../index-spec.js';
import { compileFilter } from '../match.js';
import { type Plan, plan } from '../planner.js';
import { maxDocumentBytes } from '../records.js';
import { compileSort } from '../sort.js';
import { maxMessageBytes } from '../wire.js';
import { newObjectId } from '../write-documents.js';
import { hintOf } from './hint.js';
import { maxWriteBatchSize } from './write-list.js';

/** The version this server says it is: the wire protocol and the answers follow MongoDB 7.0. */
const version = '7.0.0';

/** The newest wire protocol version a driver may use, that of MongoDB 7.0. */
const maxWireVersion = 21;

/** What never changes while this process lives: a client that knows it may wait for news of which there are none. */
const topologyVersion = { processId: newObjectId(), counter: 0n };

/**
 * `{hello: 1}` and its old name `isMaster`: a replica set of one node, so that sessions and change streams are allowed. A
 * client that watches (`topologyVersion` and `maxAwaitTimeMS`) is answered when its time is over: a watcher always has a
 * read under way, and so learns at once that its connection broke.
 */
export async function hello(command: Command, engine: Engine): Promise<Reply> {
  const isOld = command.name !== 'hello';
  if (command.fields.has('topologyVersion')) await wait(numberOption(command.fields, 'maxAwaitTimeMS', 0));
  return {
    ...(isOld ? { ismaster: true, helloOk: true } : { isWritablePrimary: true }),
    setName: 'carillon',
    setVersion: 1,
    secondary: false,
    hosts: [engine.host],
    primary: engine.host,
    me: engine.host,
    maxBsonObjectSize: maxDocumentBytes,
    maxMessageSizeBytes: maxMessageBytes,
    maxWriteBatchSize,
    localTime: new Date(),
    logicalSessionTimeoutMinutes: 30,
    connectionId: command.connectionId,
    minWireVersion: 0,
    maxWireVersion,
    readOnly: false,
    topologyVersion,
  };
}

/** Within bounds, whatever the client asks for; keeps nothing alive. */
function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(Math.max(ms, 100), 60_000)).unref());
}

/** `{ping: 1}`. */
export function ping(): Reply {
  return {};
}

/** `{buildInfo: 1}`. */
export function buildInfo(): Reply {
  return {
    version,
    versionArray: [7, 0, 0, 0],
    gitVersion: 'embedded',
    modules: [],
    bits: 64,
    debug: false,
    maxBsonObjectSize: maxDocumentBytes,
    storageEngines: ['lmdb'],
  };
}

/** `{connectionStatus: 1}`: whoever reaches the socket may do everything. */
export function connectionStatus(): Reply {
  return { authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } };
}

/** `{getParameter: 1 | '*', …}`: only the compatibility version is kept. */
export function getParameter(command: Command): Reply {
  const known: Readonly<Record<string, unknown>> = { featureCompatibilityVersion: { version: '7.0' } };
  const wanted = [...command.fields.keys()].filter((name) => name in known);
  const all = command.fields.get('getParameter');
  const names = all?.type === BsonType.string && stringOf(all) === '*' ? Object.keys(known) : wanted;
  if (names.length === 0) throw new CommandError('InvalidOptions', 'no option found to get');
  return Object.fromEntries(names.map((name) => [name, known[name]]));
}

/** `{serverStatus: 1}`: the little that is known. */
export function serverStatus(_command: Command, engine: Engine): Reply {
  const uptimeMs = Date.now() - engine.startedAt.getTime();
  return {
    host: engine.host,
    version,
    process: 'carillon embedded store',
    pid: process.pid,
    uptime: uptimeMs / 1000,
    uptimeMillis: uptimeMs,
    localTime: new Date(),
    metrics: { cursor: { open: { total: engine.cursors.count } } },
    mem: { resident: Math.round(process.memoryUsage.rss() / 1_048_576) },
    storageEngine: { name: 'lmdb', persistent: true },
  };
}

/** `{endSessions: [{id}]}`, and its relatives: cursors of the sessions are closed, retryable writes are kept until they are old. */
export function endSessions(command: Command, engine: Engine): Reply {
  const list = command.fields.get(command.name);
  if (list?.type === BsonType.array) {
    for (const session of elementsOf(list)) {
      if (session.type !== BsonType.object) continue;
      const id = fieldsOf(session).find(([name]) => name === 'id')?.[1];
      if (id?.type === BsonType.binary) engine.cursors.killSession(id.bytes.toString('hex', id.start + 5, id.end));
    }
  }
  return {};
}

/** `{refreshSessions}`: sessions do not age here. */
export function refreshSessions(): Reply {
  return {};
}

/** `{collStats}` is refused: its figures would be made up. `{dbStats}` likewise. */
export function refuseTransactions(command: Command): Reply {
  throw new CommandError(
    'OperationNotSupportedInTransaction',
    `${command.name}: transactions are not supported by the embedded store; set MONGODB_URI to use a MongoDB server`,
  );
}

/** `{explain: {find | aggregate | count | distinct | update | delete | findAndModify}}`: which index would be read. */
export function explain(command: Command, engine: Engine): Reply {
  const inner = documentOption(command.fields, 'explain');
  const fields = fieldsOf(inner);
  const [first] = fields;
  if (!first || first[1].type !== BsonType.string) throw notSupported('An explain of this command');
  const options = new Map(fields);
  const namespace = `${command.db}.${stringOf(first[1])}`;
  const asked = explained(first[0], options);
  const collection = engine.catalog.find(namespace);
  const filter = compileFilter(asked.filter);
  const sort = compileSort(asked.sort);
  const winning = collection ? plan(collection, filter, { sort, hint: hintOf(asked.hint, collection) }) : undefined;
  const isSorted = sort.length === 0 || winning?.isSorted === true;
  const reading = winning && collection ? describe(winning, collection) : { stage: 'EOF' };
  return {
    explainVersion: '1',
    queryPlanner: {
      namespace,
      indexFilterSet: false,
      parsedQuery: Buffer.from(valueBytes(asked.filter)),
      winningPlan: isSorted ? reading : { stage: 'SORT', sortPattern: asked.sort, inputStage: reading },
      rejectedPlans: [],
    },
    command: Buffer.from(valueBytes(inner)),
    serverInfo: { host: engine.host, port: 0, version, gitVersion: 'embedded' },
  };
}

function explained(
  name: string,
  options: ReadonlyMap<string, Value>,
): { filter: Value; sort: Value | undefined; hint: Value | undefined } {
  const hint = options.get('hint');
  const sort = options.get('sort');
  switch (name) {
    case 'find':
      return { filter: documentOption(options, 'filter'), sort, hint };
    case 'count':
    case 'distinct':
      return { filter: documentOption(options, 'query'), sort: undefined, hint };
    case 'findAndModify':
      return { filter: documentOption(options, 'query'), sort, hint };
    case 'update':
    case 'delete': {
      const list = options.get(name === 'update' ? 'updates' : 'deletes');
      const statement = list?.type === BsonType.array ? elementsOf(list)[0] : undefined;
      const fields = new Map(statement ? fieldsOf(statement) : []);
      return { filter: documentOption(fields, 'q'), sort: undefined, hint: fields.get('hint') };
    }
    case 'aggregate': {
      const list = options.get('pipeline');
      const stages = list?.type === BsonType.array ? elementsOf(list).map((stage) => fieldsOf(stage)[0]) : [];
      const match = stages[0]?.[0] === '$match' ? stages[0][1] : undefined;
      const next = stages[match ? 1 : 0];
      return {
        filter: match ?? documentOption(new Map(), ''),
        sort: next?.[0] === '$sort' ? next[1] : undefined,
        hint,
      };
    }
    default:
      throw notSupported(`An explain of ${name}`);
  }
}

function describe(winning: Plan, collection: Collection): object {
  if (winning.kind === 'union') {
    return {
      stage: 'SUBPLAN',
      inputStage: { stage: 'OR', inputStages: winning.branches.map((branch) => describe(branch, collection)) },
    };
  }
  const { index } = winning;
  const direction = winning.isReverse ? 'backward' : 'forward';
  if (!index && winning.isPoints) return { stage: 'IDHACK' };
  const isWholeCollection = winning.ranges.length === 1 && (winning.ranges[0]?.start.length ?? 0) === 4;
  if (!index && isWholeCollection) return { stage: 'COLLSCAN', direction };
  return {
    stage: 'FETCH',
    inputStage: {
      stage: 'IXSCAN',
      keyPattern: index ? patternOf(index) : writeDocument({ _id: 1 }),
      indexName: index?.name ?? '_id_',
      isMultiKey: index?.isMultikey ?? false,
      isUnique: index?.isUnique ?? true,
      isSparse: index?.isSparse ?? false,
      isPartial: index?.partialFilter !== undefined,
      direction,
      rangeCount: winning.ranges.length,
      filtersOnKey: winning.keyFilter !== undefined,
    },
  };
}

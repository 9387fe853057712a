// Commands about the server itself: the handshake, what it is, how it is, how it would read.
import { BsonType, type Value } from '../bson-raw.js';
import type { Collection } from '../catalog.js';
import { type Command, documentOption, emptyDocument, numberOption, type Reply } from '../command.js';
import type { Engine } from '../engine.js';
import { CommandError, notSupported } from '../errors.js';
import { hintOf, idPattern, patternOf } from '../index-spec.js';
import { compileFilter } from '../match.js';
import { type Plan, plan } from '../planner.js';
import { maxDocumentBytes } from '../records.js';
import { compileSort } from '../sort.js';
import { maxMessageBytes } from '../wire.js';
import { newObjectId } from '../write-documents.js';
import { takeLeading } from './aggregate.js';
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
  const asked = command.fields.get('getParameter');
  const isAll = asked?.type === BsonType.string && asked.text() === '*';
  if (!isAll && !command.fields.has('featureCompatibilityVersion'))
    throw new CommandError('InvalidOptions', 'no option found to get');
  return { featureCompatibilityVersion: { version: '7.0' } };
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
  for (const session of list?.type === BsonType.array ? list.elements() : []) {
    const id = session.field('id');
    if (id?.type === BsonType.binary) engine.cursors.killSession(id.bytes.toString('hex', id.start + 5, id.end));
  }
  return {};
}

/** `{commitTransaction}` and `{abortTransaction}`. */
export function refuseTransactions(command: Command): Reply {
  throw new CommandError(
    'OperationNotSupportedInTransaction',
    `${command.name}: transactions are not supported by the embedded store; set MONGODB_URI to use a MongoDB server`,
  );
}

/** `{explain: {find | aggregate | count | distinct | update | delete | findAndModify}}`: which index would be read. */
export function explain(command: Command, engine: Engine): Reply {
  const inner = documentOption(command.fields, 'explain');
  const options = new Map(inner.fields());
  const [first] = options;
  if (!first || first[1].type !== BsonType.string) throw notSupported('An explain of this command');
  const namespace = `${command.db}.${first[1].text()}`;
  const asked = askedBy(first[0], options);
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
      parsedQuery: asked.filter,
      winningPlan: isSorted ? reading : { stage: 'SORT', sortPattern: asked.sort, inputStage: reading },
      rejectedPlans: [],
    },
    command: inner,
    serverInfo: { host: engine.host, port: 0, version, gitVersion: 'embedded' },
  };
}

/** What a command that reads would read by. */
interface Asked {
  readonly filter: Value;
  readonly sort?: Value | undefined;
  readonly hint?: Value | undefined;
}

function askedBy(name: string, options: ReadonlyMap<string, Value>): Asked {
  const elements = (option: string) => {
    const list = options.get(option);
    return list?.type === BsonType.array ? list.elements() : [];
  };
  switch (name) {
    case 'find':
    case 'count':
    case 'distinct':
    case 'findAndModify': {
      const filter = documentOption(options, name === 'find' ? 'filter' : 'query');
      return { filter, sort: options.get('sort'), hint: options.get('hint') };
    }
    case 'update':
    case 'delete': {
      const [statement = emptyDocument] = elements(`${name}s`);
      return { filter: statement.field('q') ?? emptyDocument, hint: statement.field('hint') };
    }
    case 'aggregate':
      return { ...takeLeading(elements('pipeline')).leading, hint: options.get('hint') };
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
      keyPattern: index ? patternOf(index.spec) : idPattern,
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

// The kind CHANGE_STREAM: its configuration, and publishing what changes in a collection. The database is
// change-stream-store.ts.
import { createGroupCommit } from '../group-commit.js';
import { Problem } from '../problem.js';
import type { Change, WatchedPlace } from './change-stream-store.js';
import type { Occurrence } from './fire-trigger.js';
import type { RunTools, TriggerKind } from './trigger-kind.js';

/** The changes that are told. */
export const watchedOperations = ['INSERT', 'UPDATE', 'REPLACE', 'DELETE'] as const;

/** A change that is told. */
export type WatchedOperation = (typeof watchedOperations)[number];

/** What a change stream keeps about itself; its connection string is secret. */
export interface ChangeStreamSettings {
  /** Null for the database that the gateway itself uses. */
  readonly database: string | null;
  readonly collection: string;
  readonly pipeline: readonly object[];
  /** Event type by operation in lower case; one that is absent has the trigger's event type. */
  readonly eventTypes: Readonly<Record<string, string>>;
  readonly operations: readonly WatchedOperation[];
}

const allowedStages = ['$match', '$project', '$addFields', '$set', '$unset', '$replaceRoot', '$replaceWith', '$redact'];
const maxStages = 20;
const maxPipelineBytes = 16_384;
/** After a failure it is tried again so soon, in milliseconds. */
const retryAfterMs = 1000;
/** Changes published together. */
const maxPublished = 100;
/** So many changes, or bytes of them, wait at most while others are being published; until then none is read. */
const maxWaiting = 100;
const maxWaitingBytes = 8 * 1024 * 1024;

/** Changes of a collection. Its mapping sees `{ operation, documentKey, document, update, at, eventType }`. */
export const changeStream: TriggerKind = {
  name: 'CHANGE_STREAM',
  inputField: 'changeStream',
  defaultMapping: {
    type: 'eventType',
    data: '{"operation": operation, "documentKey": documentKey, "document": document, "update": update}',
  },
  check(input) {
    const { uri, database, collection, pipeline, eventTypes, operations } = input as Record<string, unknown>;
    const isOwn = uri == null;
    const settings: ChangeStreamSettings = {
      database: isOwn ? null : checkName(database, 'database', 64),
      collection: checkName(collection, 'collection', 255),
      pipeline: checkPipeline(pipeline),
      eventTypes: checkEventTypes(eventTypes),
      operations: Array.isArray(operations) && operations.length > 0 ? [...new Set(operations)] : watchedOperations,
    };
    if (isOwn && ownCollections.has(settings.collection))
      throw invalid('collection', "must not be one of the gateway's own: what it published would be published again");
    return { settings, secrets: isOwn ? null : { uri: checkUri(uri) } };
  },
  toOccurrence: (data) => ({
    operation: 'insert',
    documentKey: null,
    document: data ?? null,
    update: null,
    eventType: null,
  }),
  run: runChangeStream,
};

/** Collections of the gateway, which nobody watches: what a trigger does would be what it tells. */
export const ownCollections: ReadonlySet<string> = new Set([
  'apikeys',
  'applications',
  'circuits',
  'deliveries',
  'deliveryattempts',
  'events',
  'eventtypes',
  'eventtypeversions',
  'heldevents',
  'holders',
  'livenodes',
  'livequestions',
  'meta',
  'permits',
  'replays',
  'stats',
  'triggercounts',
  'triggerruns',
  'triggers',
  'webhooksubscriptions',
]);

function checkName(name: unknown, field: string, maxBytes: number): string {
  if (typeof name === 'string' && name !== '' && Buffer.byteLength(name) <= maxBytes && !/[\0$/\\]/.test(name))
    return name;
  throw invalid(field, `must be a name of 1 to ${maxBytes} bytes without $, / and \\`);
}

function checkEventTypes(eventTypes: unknown): Readonly<Record<string, string>> {
  const given = Object.entries(eventTypes ?? {}).filter(([, type]) => type != null);
  return Object.fromEntries(given.map(([operation, type]) => [operation, String(type)]));
}

function checkUri(uri: unknown): string {
  if (typeof uri === 'string' && uri.length <= 2048 && /^mongodb(?:\+srv)?:\/\/\S+$/.test(uri)) return uri;
  throw invalid('uri', 'must be a connection string mongodb://… or mongodb+srv://… of at most 2,048 characters');
}

function checkPipeline(pipeline: unknown): readonly object[] {
  if (pipeline == null) return [];
  const isList = Array.isArray(pipeline) && pipeline.length <= maxStages;
  const isStage = (stage: unknown): stage is object =>
    typeof stage === 'object' && stage !== null && allowedStages.includes(Object.keys(stage).join());
  if (!isList || !pipeline.every(isStage))
    throw invalid('pipeline', `must be a list of at most ${maxStages} stages, each one of ${allowedStages.join(', ')}`);
  if (Buffer.byteLength(JSON.stringify(pipeline)) > maxPipelineBytes)
    throw invalid('pipeline', `must have at most ${maxPipelineBytes} bytes of JSON`);
  return pipeline;
}

function invalid(field: string, reason: string): Problem {
  return new Problem('INVALID_INPUT', `${field} ${reason}`, { field });
}

/**
 * Publishes changes in their order until `signal`. The token of a change is the key of its event, and is noted after the
 * event is in the log: after a crash what was published and not noted is a duplicate.
 */
async function runChangeStream(tools: RunTools): Promise<void> {
  const { trigger, secrets, watchChanges, fire, clock, signal, report } = tools;
  // As `check` made them.
  const settings = trigger.settings as ChangeStreamSettings;
  const { uri = null } = (secrets ?? {}) as { uri?: string };
  const place: WatchedPlace = { uri, database: settings.database, collection: settings.collection };
  const operations = { $match: { operationType: { $in: settings.operations.map((name) => name.toLowerCase()) } } };
  let resumeAfter: unknown = tools.position ?? null;
  // Another database has another clock.
  let startAt = resumeAfter === null && uri === null ? trigger.updatedAt : null;
  const note = (token: unknown): void => {
    resumeAfter = token;
    tools.savePosition(token);
  };
  const toOccurrence = ({ operation, token: _token, bytes: _bytes, key, ...change }: Change): Occurrence => {
    const eventType = settings.eventTypes[operation] ?? null;
    return { input: { operation, ...change, eventType }, deliveryId: key };
  };
  // What comes while some are being published is published together next.
  const publishing = createGroupCommit<Change, void>({
    maxItems: maxPublished,
    async write(changes) {
      while (!(await fire(changes.map(toOccurrence)))) {
        if (signal.aborted) return changes.map(() => undefined);
        await pause(clock);
      }
      note(changes.at(-1)?.token);
      return changes.map(() => undefined);
    },
  });
  let unpublishedBytes = 0;
  while (!signal.aborted) {
    try {
      await watchChanges({
        place,
        pipeline: [operations, ...settings.pipeline],
        resumeAfter,
        startAt,
        signal,
        passed(token) {
          if (unpublishedBytes === 0) note(token);
        },
        async changed(change) {
          unpublishedBytes += change.bytes;
          const published = publishing.add(change).finally(() => {
            unpublishedBytes -= change.bytes;
          });
          if (publishing.waiting >= maxWaiting || unpublishedBytes >= maxWaitingBytes) await published;
        },
      });
      await publishing.idle();
    } catch (error) {
      await publishing.idle();
      if (signal.aborted) return;
      const isGone = error instanceof Problem && error.code === 'CURSOR_EXPIRED';
      // Nobody can say what happened meanwhile: that is told, and it goes on from now.
      if (isGone) [resumeAfter, startAt] = [null, null];
      report(error);
      await pause(clock);
    }
  }
}

function pause(clock: RunTools['clock']): Promise<void> {
  return new Promise((resolve) => {
    clock.after(retryAfterMs, resolve);
  });
}

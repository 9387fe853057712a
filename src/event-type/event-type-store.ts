// Event types in MongoDB: the current version in `eventtypes`, superseded ones in `eventtypeversions`. Schemas and examples
// are kept as JSON text, since they may hold keys that MongoDB reads as operators or paths.
import { type Connection, Schema } from 'mongoose';
import { cutPage, type Page, type PageRequest } from '../paging.js';
import { Problem } from '../problem.js';
import { tellRecord } from '../revision-store.js';
import { followChanges, isDuplicateKey } from '../store.js';
import type { EventType, EventTypeStatus, EventTypeVersion } from './event-type.js';

interface EventTypeDocument {
  _id: string;
  name: string;
  /** Equal for names that would become the same GraphQL name. */
  collisionKey: string;
  description: string | null;
  schemaJson: string;
  exampleJson: string;
  version: number;
  status: EventTypeStatus;
  createdAt: Date;
  updatedAt: Date;
  versionCreatedAt: Date;
}

interface EventTypeVersionDocument {
  /** Id of the event type, colon, version. */
  _id: string;
  eventType: string;
  version: number;
  schemaJson: string;
  createdAt: Date;
}

const eventTypeSchema = new Schema<EventTypeDocument>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    collisionKey: { type: String, required: true },
    description: { type: String, default: null },
    schemaJson: { type: String, required: true },
    exampleJson: { type: String, required: true },
    version: { type: Number, required: true },
    status: { type: String, required: true, enum: ['ACTIVE', 'ARCHIVED'] },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
    versionCreatedAt: { type: Date, required: true },
  },
  { versionKey: false, strict: 'throw' },
)
  .index({ name: 1 }, { unique: true })
  .index({ collisionKey: 1 }, { unique: true });

const versionSchema = new Schema<EventTypeVersionDocument>(
  {
    _id: { type: String, required: true },
    eventType: { type: String, required: true },
    version: { type: Number, required: true },
    schemaJson: { type: String, required: true },
    createdAt: { type: Date, required: true },
  },
  { versionKey: false, strict: 'throw' },
).index({ eventType: 1, version: -1 });

/** Where event types are kept. */
export interface EventTypeStore {
  /** Throws `NAME_TAKEN`. */
  create(eventType: EventType, collisionKey: string): Promise<void>;
  /** Writes `next` if the record is still as in `current`; false when somebody changed or deleted it meanwhile. */
  replace(current: EventType, next: EventType): Promise<boolean>;
  getByName(name: string): Promise<EventType | null>;
  get(id: string): Promise<EventType | null>;
  delete(eventType: EventType): Promise<boolean>;
  /** In the order of their names; `after` is a name. */
  list(request: PageRequest, status: EventTypeStatus | null): Promise<Page<EventType>>;
  /** Superseded versions, newest first, at most `limit`. */
  listSuperseded(id: string, limit: number): Promise<EventTypeVersion[]>;
  /** All of them, in no particular order. */
  all(): AsyncIterable<EventType>;
  /** When each was last changed, by its id. */
  changes(): Promise<ReadonlyMap<string, Date>>;
  /** Tells changes from `ready` on until `signal`; rejects when the stream is lost. */
  watch(tell: (change: EventTypeChange) => void, ready: () => Promise<void>, signal: AbortSignal): Promise<void>;
  createIndexes(): Promise<void>;
}

/** A change of the collection, in the order in which they were committed. */
export type EventTypeChange =
  | { readonly kind: 'put'; readonly eventType: EventType }
  | { readonly kind: 'remove'; readonly id: string };

/** Event types in their two collections. */
export function createEventTypeStore(connection: Connection): EventTypeStore {
  const model = connection.model('EventType', eventTypeSchema, 'eventtypes');
  const versions = connection.model('EventTypeVersion', versionSchema, 'eventtypeversions');
  return {
    async create(eventType, collisionKey) {
      try {
        await model.create({ ...toDocument(eventType), collisionKey });
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
        const message = `name ${eventType.name} is taken, or differs from one in use only by its separators`;
        throw new Problem('NAME_TAKEN', message, { field: 'name', cause: error });
      }
    },
    async replace(current, next) {
      // The superseded version never changes again, so writing it first (and again after a crash) does no harm.
      if (next.version !== current.version) await keepSuperseded(current);
      const { _id, ...set } = toDocument(next);
      const asRead = { _id, version: current.version, updatedAt: current.updatedAt };
      return (await model.updateOne(asRead, { $set: set })).matchedCount === 1;
    },
    async getByName(name) {
      const found = await model.findOne({ name }).lean();
      return found === null ? null : toEventType(found);
    },
    async get(id) {
      const found = await model.findOne({ _id: id }).lean();
      return found === null ? null : toEventType(found);
    },
    async delete(eventType) {
      const { deletedCount } = await model.deleteOne({ _id: eventType.id });
      await versions.deleteMany({ eventType: eventType.id });
      return deletedCount === 1;
    },
    async list({ first, after }, status) {
      const filter = { ...(status === null ? {} : { status }), ...(after === null ? {} : { name: { $gt: after } }) };
      const found = await model
        .find(filter)
        .sort({ name: 1 })
        .limit(first + 1)
        .lean();
      return cutPage(found.map(toEventType), first);
    },
    async listSuperseded(id, limit) {
      const found = await versions.find({ eventType: id }).sort({ version: -1 }).limit(limit).lean();
      return found.map(({ version, schemaJson, createdAt }) => ({
        version,
        schema: JSON.parse(schemaJson),
        createdAt,
      }));
    },
    async *all() {
      for await (const found of model.find().lean().cursor({ batchSize: 100 })) yield toEventType(found);
    },
    async changes() {
      const found = await model.find({}, { updatedAt: 1 }).lean();
      return new Map(found.map(({ _id, updatedAt }) => [_id, updatedAt]));
    },
    watch: (tell, ready, signal) =>
      followChanges(connection, {
        collection: 'eventtypes',
        looksUp: true,
        ready,
        tell: (change) =>
          tellRecord(change, {
            put: (found) => tell({ kind: 'put', eventType: toEventType(found as EventTypeDocument) }),
            remove: (id) => tell({ kind: 'remove', id }),
          }),
        signal,
      }),
    async createIndexes() {
      await model.createIndexes();
      await versions.createIndexes();
    },
  };

  async function keepSuperseded({ id, version, schema, versionCreatedAt }: EventType): Promise<void> {
    const set = { eventType: id, version, schemaJson: JSON.stringify(schema), createdAt: versionCreatedAt };
    await versions.updateOne({ _id: `${id}:${version}` }, { $set: set }, { upsert: true });
  }
}

function toDocument({ id, schema, example, ...rest }: EventType): Omit<EventTypeDocument, 'collisionKey'> {
  return { _id: id, schemaJson: JSON.stringify(schema), exampleJson: JSON.stringify(example), ...rest };
}

function toEventType({
  _id,
  schemaJson,
  exampleJson,
  collisionKey: _collisionKey,
  ...rest
}: EventTypeDocument): EventType {
  return { id: _id, schema: JSON.parse(schemaJson), example: JSON.parse(exampleJson), ...rest };
}

// Triggers in MongoDB, and the counter by which every node knows whether its copy of them is up to date; see the one of
// webhook subscriptions. What triggers did is in trigger-count-store.ts.
import type { Collection, Document } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import { cutPage, type Page, type PageRequest } from '../paging.js';
import { Problem } from '../problem.js';
import { createRevisionCounter, tellRecord } from '../revision-store.js';
import { followChanges, isDuplicateKey } from '../store.js';
import { type Mapping, type Trigger, type TriggerKindName, triggerKindNames } from './trigger.js';

interface TriggerDocument {
  _id: string;
  name: string;
  kind: TriggerKindName;
  eventType: string | null;
  mapping: Mapping;
  enabled: boolean;
  application: string | null;
  /** As JSON text: its keys are the kind's affair. */
  settingsJson: string;
  secretsSealed: string | null;
  createdAt: Date;
  updatedAt: Date;
}

const optionalText = { type: String, required: false } as const;
const schema = new Schema<TriggerDocument>(
  {
    _id: { type: String, required: true },
    name: { type: String, required: true },
    kind: { type: String, required: true, enum: triggerKindNames },
    eventType: { type: String, default: null },
    mapping: {
      type: new Schema(
        {
          type: { type: optionalText.type },
          data: optionalText,
          subject: optionalText,
          idempotencyKey: optionalText,
          orderingKey: optionalText,
        },
        { _id: false, strict: 'throw' },
      ),
      required: true,
    },
    enabled: { type: Boolean, required: true },
    application: { type: String, default: null },
    settingsJson: { type: String, required: true },
    secretsSealed: { type: String, default: null },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { versionKey: false, strict: 'throw', minimize: false },
)
  .index({ application: 1, name: 1 }, { unique: true, partialFilterExpression: { name: { $exists: true } } })
  .index({ eventType: 1 });

/** A change of the collection, in the order in which they were committed. */
export type TriggerChange =
  | { readonly kind: 'put'; readonly trigger: Trigger }
  | { readonly kind: 'remove'; readonly id: string }
  /** All changes acknowledged up to this revision have been told before. */
  | { readonly kind: 'revision'; readonly revision: number };

/** Where triggers are kept. A write is acknowledged only after the revision has grown. */
export interface TriggerStore {
  /** Throws `NAME_TAKEN`. */
  create(trigger: Trigger): Promise<void>;
  /** Writes `next` if the record is still as in `current`. Throws `CONFLICT` when it is not, and `NAME_TAKEN`. */
  replace(current: Trigger, next: Trigger): Promise<void>;
  delete(id: string): Promise<boolean>;
  /** Deletes all of an application; answers their identifiers. */
  deleteAll(applicationId: string): Promise<string[]>;
  get(id: string): Promise<Trigger | null>;
  /** Newest first. */
  list(request: PageRequest): Promise<Page<Trigger>>;
  /** One that names this event type, or null. */
  findNaming(eventType: string): Promise<string | null>;
  all(): AsyncIterable<Trigger>;
  /** Grows with every acknowledged write by any node. */
  revision(): number | Promise<number>;
  /** Tells changes from `ready` on until `signal`; rejects when the stream is lost. */
  watch(tell: (change: TriggerChange) => void, ready: () => Promise<void>, signal: AbortSignal): Promise<void>;
  createIndexes(): Promise<void>;
}

const triggersOnly = { _id: { $gt: 'trg_' } };

/** Triggers in the collection `triggers`, written by this process alone or (shared) by others too. */
export function createTriggerStore(connection: Connection, isShared: boolean): TriggerStore {
  const model = connection.model('Trigger', schema, 'triggers');
  const revision = createRevisionCounter(model.collection as unknown as Collection<Document>, isShared);

  return {
    async create(trigger) {
      await nameTaken(model.create(toDocument(trigger)));
      await revision.grow();
    },
    async replace(current, next) {
      const { _id, ...rest } = toDocument(next);
      const { matchedCount } = await nameTaken(model.replaceOne({ _id, updatedAt: current.updatedAt }, rest));
      if (matchedCount === 0) {
        const message = 'the trigger was changed or deleted meanwhile; read it and try again';
        throw new Problem('CONFLICT', message, { field: 'id' });
      }
      await revision.grow();
    },
    async delete(id) {
      const { deletedCount } = await model.deleteOne({ _id: id });
      await revision.grow();
      return deletedCount === 1;
    },
    async deleteAll(applicationId) {
      const found = await model.find({ application: applicationId }, { _id: 1 }).lean();
      if (found.length === 0) return [];
      await model.deleteMany({ application: applicationId });
      await revision.grow();
      return found.map((one) => one._id);
    },
    async get(id) {
      const found = await model.findOne({ _id: id }).lean();
      return found === null ? null : toTrigger(found);
    },
    async list({ first, after }) {
      const found = await model
        .find({ _id: { ...triggersOnly._id, ...(after === null ? {} : { $lt: after }) } })
        .sort({ _id: -1 })
        .limit(first + 1)
        .lean();
      return cutPage(found.map(toTrigger), first);
    },
    async findNaming(eventType) {
      return (await model.findOne({ eventType }, { _id: 1 }).lean())?._id ?? null;
    },
    async *all() {
      for await (const found of model.find(triggersOnly).lean().cursor({ batchSize: 1000 })) yield toTrigger(found);
    },
    revision: () => revision.read(),
    watch: (tell, ready, signal) =>
      followChanges(connection, {
        collection: 'triggers',
        looksUp: true,
        ready,
        tell: (change) =>
          tellRecord(change, {
            put: (found) => tell({ kind: 'put', trigger: toTrigger(found as TriggerDocument) }),
            remove: (id) => tell({ kind: 'remove', id }),
            revision: (revision) => tell({ kind: 'revision', revision }),
          }),
        signal,
      }),
    createIndexes: () => model.createIndexes(),
  };
}

async function nameTaken<T>(write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    throw new Problem('NAME_TAKEN', 'this name is used by another trigger of the same owner', {
      field: 'name',
      cause: error,
    });
  }
}

function toDocument({ id, applicationId, settings, mapping, ...rest }: Trigger): TriggerDocument {
  return {
    _id: id,
    application: applicationId,
    settingsJson: JSON.stringify(settings),
    mapping: { ...mapping },
    ...rest,
  };
}

function toTrigger({ _id, application, settingsJson, mapping, ...rest }: TriggerDocument): Trigger {
  return { id: _id, applicationId: application, settings: JSON.parse(settingsJson), mapping: mapping ?? {}, ...rest };
}

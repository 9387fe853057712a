// Webhook subscriptions in MongoDB, and the counter by which every node knows whether its copy of them is up to date. The
// counter lies in the same collection, so that one change stream tells both in the order of their commits.
import type { Collection, Document } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import { cutPage, type Page, type PageRequest } from '../paging.js';
import type { PayloadSettings } from '../payload/payload-settings.js';
import { Problem } from '../problem.js';
import { createRevisionCounter, tellRecord } from '../revision-store.js';
import { followChanges } from '../store.js';
import {
  exhaustedBehaviours,
  handshakes,
  orderings,
  pausedBehaviours,
  type Target,
  targetStrategies,
} from './delivery-policy.js';
import type { DeliverySettings } from './delivery-settings.js';
import type {
  SavedDocument,
  SealedSecret,
  WebhookSubscription,
  WebhookSubscriptionStatus,
} from './webhook-subscription.js';

interface SubscriptionDocument {
  _id: string;
  name: string | null;
  targets?: Target[];
  /** Its only target in records written before there could be several. */
  url?: string;
  deliverySettings?: DeliverySettings;
  /** As JSON text: a template has keys of any name. Absent when nothing is set. */
  payloadJson?: string;
  eventTypes: string[];
  /** As JSON text: its keys are operators. */
  filterJson: string | null;
  /** Absent where there is no document. */
  document?: { query: string; variablesJson: string | null; problem: string | null } | null;
  eventTypeVersion?: number;
  headersSealed: string | null;
  secrets: SealedSecret[];
  status: WebhookSubscriptionStatus;
  statusReason: string | null;
  application: string | null;
  fromSequence: number;
  createdAt: Date;
  updatedAt: Date;
}

const optionalNumbers = { type: [Number], default: undefined };
const optionalTexts = { type: [String], default: undefined };

const retryPolicySchema = new Schema(
  {
    delaysSeconds: optionalNumbers,
    exponential: {
      type: new Schema(
        { baseSeconds: Number, factor: Number, capSeconds: Number, attempts: Number },
        { _id: false, strict: 'throw' },
      ),
    },
    jitter: Number,
    deadlineSeconds: Number,
    successStatuses: optionalTexts,
    neverRetriedStatuses: optionalTexts,
    maxRetryAfterSeconds: Number,
  },
  { _id: false, strict: 'throw' },
);

const deliverySettingsSchema = new Schema(
  {
    retryPolicy: { type: retryPolicySchema },
    timeoutMs: Number,
    rateLimit: {
      type: new Schema({ perSecond: { type: Number, required: true }, burst: Number }, { _id: false, strict: 'throw' }),
    },
    maxConcurrency: Number,
    ordering: { type: String, enum: orderings },
    whenExhausted: { type: String, enum: exhaustedBehaviours },
    whilePaused: { type: String, enum: pausedBehaviours },
    disableAfterSeconds: Number,
    targetStrategy: { type: String, enum: targetStrategies },
    handshake: { type: String, enum: handshakes },
    agreedPerMinute: Number,
  },
  { _id: false, strict: 'throw' },
);

const targetSchema = new Schema<Target>(
  { url: { type: String, required: true }, weight: { type: Number, required: true } },
  { _id: false, strict: 'throw' },
);

const schema = new Schema<SubscriptionDocument>(
  {
    _id: { type: String, required: true },
    name: { type: String, default: null },
    targets: { type: [targetSchema], required: true },
    deliverySettings: { type: deliverySettingsSchema },
    payloadJson: String,
    eventTypes: { type: [String], required: true },
    filterJson: { type: String, default: null },
    document: {
      type: new Schema(
        { query: { type: String, required: true }, variablesJson: String, problem: String },
        { _id: false, strict: 'throw' },
      ),
    },
    eventTypeVersion: Number,
    headersSealed: { type: String, default: null },
    secrets: { type: [{ _id: false, sealed: String, expiresAt: Date }], required: true },
    status: { type: String, required: true, enum: ['ACTIVE', 'PAUSED', 'DISABLED'] },
    statusReason: { type: String, default: null },
    application: { type: String, default: null },
    fromSequence: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    updatedAt: { type: Date, required: true },
  },
  { versionKey: false, strict: 'throw' },
)
  .index({ application: 1, _id: -1 })
  .index({ eventTypes: 1 });

/** A change of the collection, in the order in which they were committed. */
export type SubscriptionChange =
  | { readonly kind: 'put'; readonly subscription: WebhookSubscription }
  | { readonly kind: 'remove'; readonly id: string }
  /** All changes acknowledged up to this revision have been told before. */
  | { readonly kind: 'revision'; readonly revision: number };

/** Which webhook subscriptions to list. */
export interface SubscriptionFilter {
  readonly applicationId: string | null;
  readonly status: WebhookSubscriptionStatus | null;
}

/** Where webhook subscriptions are kept. A write is acknowledged only after the revision has grown. */
export interface WebhookSubscriptionStore {
  create(subscription: WebhookSubscription): Promise<void>;
  /** Writes `next` if the record is still as in `current`; throws `CONFLICT` when it is not. */
  replace(current: WebhookSubscription, next: WebhookSubscription): Promise<void>;
  delete(id: string): Promise<boolean>;
  deleteAll(applicationId: string): Promise<string[]>;
  get(id: string): Promise<WebhookSubscription | null>;
  /** Newest first. */
  list(request: PageRequest, filter: SubscriptionFilter): Promise<Page<WebhookSubscription>>;
  /** One that names this event type exactly, or null. */
  findNaming(eventType: string): Promise<string | null>;
  /** All that have a document, in no particular order. */
  withDocuments(): AsyncIterable<WebhookSubscription>;
  /** All of them, in no particular order. */
  all(): AsyncIterable<WebhookSubscription>;
  /** Grows with every acknowledged write by any node. */
  revision(): number | Promise<number>;
  /** Tells changes from `ready` on until `signal`; rejects when the stream is lost. */
  watch(tell: (change: SubscriptionChange) => void, ready: () => Promise<void>, signal: AbortSignal): Promise<void>;
  createIndexes(): Promise<void>;
}

/** Leaves the counter out. */
const subscriptionsOnly = { _id: { $gt: 'sub_' } };

/** Webhook subscriptions in the collection `webhooksubscriptions`, written by this process alone or (shared) by others too. */
export function createWebhookSubscriptionStore(connection: Connection, isShared: boolean): WebhookSubscriptionStore {
  const model = connection.model('WebhookSubscription', schema, 'webhooksubscriptions');
  const revision = createRevisionCounter(model.collection as unknown as Collection<Document>, isShared);

  return {
    async create(subscription) {
      await model.create(toDocument(subscription));
      await revision.grow();
    },
    async replace(current, next) {
      const { _id, ...rest } = toDocument(next);
      const { matchedCount } = await model.replaceOne({ _id, updatedAt: current.updatedAt }, rest);
      if (matchedCount === 0) {
        throw new Problem(
          'CONFLICT',
          'the webhook subscription was changed or deleted meanwhile; read it and try again',
          { field: 'id' },
        );
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
      await model.deleteMany({ application: applicationId });
      await revision.grow();
      return found.map((one) => one._id);
    },
    async get(id) {
      const found = await model.findOne({ _id: id }).lean();
      return found === null ? null : toSubscription(found);
    },
    async list({ first, after }, { applicationId, status }) {
      const found = await model
        .find({
          ...(applicationId === null ? {} : { application: applicationId }),
          ...(status === null ? {} : { status }),
          _id: { ...subscriptionsOnly._id, ...(after === null ? {} : { $lt: after }) },
        })
        .sort({ _id: -1 })
        .limit(first + 1)
        .lean();
      return cutPage(found.map(toSubscription), first);
    },
    async findNaming(eventType) {
      return (await model.findOne({ eventTypes: eventType }, { _id: 1 }).lean())?._id ?? null;
    },
    async *withDocuments() {
      for await (const found of model
        .find({ 'document.query': { $exists: true } })
        .lean()
        .cursor({ batchSize: 1000 }))
        yield toSubscription(found);
    },
    async *all() {
      for await (const found of model.find(subscriptionsOnly).lean().cursor({ batchSize: 1000 }))
        yield toSubscription(found);
    },
    revision: () => revision.read(),
    watch: (tell, ready, signal) =>
      followChanges(connection, {
        collection: 'webhooksubscriptions',
        looksUp: true,
        ready,
        tell: (change) =>
          tellRecord(change, {
            put: (found) => tell({ kind: 'put', subscription: toSubscription(found as SubscriptionDocument) }),
            remove: (id) => tell({ kind: 'remove', id }),
            revision: (revision) => tell({ kind: 'revision', revision }),
          }),
        signal,
      }),
    createIndexes: () => model.createIndexes(),
  };
}

function toSavedDocument({ query, variables, problem }: SavedDocument): SubscriptionDocument['document'] & object {
  return { query, variablesJson: variables === null ? null : JSON.stringify(variables), problem };
}

function toDocument({
  id,
  filter,
  applicationId,
  eventTypes,
  secrets,
  targets,
  deliverySettings,
  document,
  eventTypeVersion,
  payload,
  ...rest
}: WebhookSubscription): SubscriptionDocument {
  return {
    ...(document === null ? {} : { document: toSavedDocument(document) }),
    ...(eventTypeVersion === null ? {} : { eventTypeVersion }),
    _id: id,
    filterJson: filter === null ? null : JSON.stringify(filter),
    application: applicationId,
    eventTypes: [...eventTypes],
    secrets: [...secrets],
    targets: [...targets],
    ...(Object.keys(deliverySettings).length === 0 ? {} : { deliverySettings }),
    ...(Object.keys(payload).length === 0 ? {} : { payloadJson: JSON.stringify(payload) }),
    ...rest,
  };
}

/** One for all, since most set nothing. */
const nothingSet: PayloadSettings = {};

function toSubscription({
  _id,
  filterJson,
  application,
  url,
  targets,
  deliverySettings = {},
  document,
  eventTypeVersion,
  payloadJson,
  ...rest
}: SubscriptionDocument): WebhookSubscription {
  return {
    document:
      document == null
        ? null
        : {
            query: document.query,
            variables: document.variablesJson == null ? null : JSON.parse(document.variablesJson),
            problem: document.problem ?? null,
          },
    eventTypeVersion: eventTypeVersion ?? null,
    id: _id,
    filter: filterJson === null ? null : JSON.parse(filterJson),
    applicationId: application,
    targets: targets ?? (url === undefined ? [] : [{ url, weight: 1 }]),
    deliverySettings,
    payload: payloadJson === undefined ? nothingSet : (JSON.parse(payloadJson) as PayloadSettings),
    ...rest,
  };
}

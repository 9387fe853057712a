// Replays in MongoDB. What they do is replay-runner.ts; a process works on one only while it holds its lock, which is a name
// in the record.
import type { Collection, Filter } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import { cutPage, type Page, type PageRequest } from '../paging.js';
import { durable, isDuplicateKey } from '../store.js';
import type { Replay, ReplayEnd, ReplayProgress, ReplaySelection, ReplayStatus } from './replay.js';

interface ReplayDocument {
  _id: string;
  subscription: string;
  application: string | null;
  types: string[];
  selection: ReplaySelection[];
  after: string | null;
  since: Date | null;
  until: Date | null;
  logBeganAt: Date | null;
  firstAfter: number;
  last: number;
  status: ReplayStatus;
  statusReason: string | null;
  position: number;
  made: number;
  expired: number;
  createdAt: Date;
  finishedAt: Date | null;
  /** The process that works on it. */
  holder: string | null;
  /** One of a few places that a webhook subscription has for running replays; absent when it has ended. */
  slot?: string;
  /** True until it has ended and that was told; then absent. */
  unsettled?: true;
}

const schema = new Schema<ReplayDocument>(
  {
    _id: { type: String, required: true },
    subscription: { type: String, required: true },
    application: String,
    types: { type: [String], required: true },
    selection: { type: [String], required: true },
    after: String,
    since: Date,
    until: Date,
    logBeganAt: Date,
    firstAfter: { type: Number, required: true },
    last: { type: Number, required: true },
    status: { type: String, required: true },
    statusReason: String,
    position: { type: Number, required: true },
    made: { type: Number, required: true },
    expired: { type: Number, required: true },
    createdAt: { type: Date, required: true },
    finishedAt: Date,
    holder: String,
    slot: String,
    unsettled: Boolean,
  },
  { versionKey: false },
)
  .index({ slot: 1 }, { unique: true, partialFilterExpression: { slot: { $gt: '' } } })
  .index({ unsettled: 1, _id: 1 }, { partialFilterExpression: { unsettled: true } })
  .index({ subscription: 1, _id: -1 })
  .index({ application: 1, _id: -1 })
  .index({ status: 1, _id: -1 });

/** Which replays to list. */
export interface ReplayFilter {
  readonly applicationId: string | null;
  readonly subscriptionId?: string | null | undefined;
  readonly status?: ReplayStatus | null | undefined;
}

/** A replay with the process that works on it, or null. */
export interface HeldReplay {
  readonly replay: Replay;
  readonly holder: string | null;
}

/** Where replays are kept. */
export interface ReplayStore {
  /** Inserts a running replay; false, and nothing is written, when its webhook subscription has `maxRunning` already. */
  create(replay: Replay, maxRunning: number): Promise<boolean>;
  get(id: string): Promise<Replay | null>;
  /** Newest first. */
  list(request: PageRequest, filter: ReplayFilter): Promise<Page<Replay>>;
  /** Replays behind `after` that run, or that have ended without its being told, oldest first. */
  unsettled(after: string, limit: number): Promise<HeldReplay[]>;
  /** Takes the lock from `from`; false when somebody else has it by now. */
  take(id: string, from: string | null, holder: string): Promise<boolean>;
  /** Writes how far a replay is; null when it is not this holder's any more, or not where it was. */
  advance(replay: Replay, progress: ReplayProgress, holder: string): Promise<Replay | null>;
  /** Ends a running replay; null for one that has ended. */
  end(id: string, end: ReplayEnd): Promise<Replay | null>;
  /** Says that the end of a replay was told. */
  settle(id: string): Promise<void>;
  /** Gives back all locks of a holder. */
  release(holder: string): Promise<void>;
  /** Deletes up to `limit` settled replays created before an instant. */
  deleteBefore(createdBefore: Date, limit: number): Promise<number>;
  createIndexes(): Promise<void>;
}

/** Replays in the collection `replays`. */
export function createReplayStore(connection: Connection): ReplayStore {
  const model = connection.model('Replay', schema, 'replays');
  const replays = model.collection as unknown as Collection<ReplayDocument>;
  const write = { writeConcern: durable };

  async function freeSlot(subscription: string, maxRunning: number): Promise<string | null> {
    const slots = Array.from({ length: maxRunning }, (_, index) => `${subscription} ${index}`);
    const found = await replays.find({ slot: { $in: slots } }, { projection: { slot: 1 } }).toArray();
    const taken = new Set(found.map(({ slot }) => slot));
    return slots.find((slot) => !taken.has(slot)) ?? null;
  }

  return {
    async create(replay, maxRunning) {
      for (;;) {
        const slot = await freeSlot(replay.subscriptionId, maxRunning);
        if (slot === null) return false;
        try {
          await replays.insertOne({ ...toDocument(replay), slot, unsettled: true }, write);
          return true;
        } catch (error) {
          // Another one has taken the place meanwhile.
          if (!isDuplicateKey(error)) throw error;
        }
      }
    },
    async get(id) {
      const found = await replays.findOne({ _id: id });
      return found === null ? null : toReplay(found);
    },
    async list({ first, after }, filter) {
      const found = await replays
        .find(toListFilter(after, filter))
        .sort({ _id: -1 })
        .limit(first + 1)
        .toArray();
      return cutPage(found.map(toReplay), first);
    },
    async unsettled(after, limit) {
      const found = await replays
        .find({ unsettled: true, _id: { $gt: after } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return found.map((one) => ({ replay: toReplay(one), holder: one.holder }));
    },
    async take(id, from, holder) {
      const filter = { _id: id, holder: from, unsettled: true as const };
      return (await replays.updateOne(filter, { $set: { holder } }, write)).matchedCount === 1;
    },
    async advance({ id, position }, progress, holder) {
      const { position: to, made, expired } = progress;
      const found = await replays.findOneAndUpdate(
        { _id: id, holder, position },
        { $set: { position: to, made, expired } },
        { returnDocument: 'after', ...write },
      );
      return found === null ? null : toReplay(found);
    },
    async end(id, { status, statusReason, finishedAt }) {
      const found = await replays.findOneAndUpdate(
        { _id: id, status: 'RUNNING' },
        { $set: { status, statusReason, finishedAt }, $unset: { slot: 1 } },
        { returnDocument: 'after', ...write },
      );
      return found === null ? null : toReplay(found);
    },
    async settle(id) {
      await replays.updateOne({ _id: id }, { $set: { holder: null }, $unset: { unsettled: 1 } }, write);
    },
    async release(holder) {
      await replays.updateMany({ unsettled: true, holder }, { $set: { holder: null } }, write);
    },
    async deleteBefore(createdBefore, limit) {
      const some = await replays
        .find(
          { createdAt: { $lt: createdBefore }, status: { $ne: 'RUNNING' }, unsettled: { $exists: false } },
          { projection: { _id: 1 } },
        )
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return (await replays.deleteMany({ _id: { $in: some.map(({ _id }) => _id) } }, write)).deletedCount;
    },
    createIndexes: () => model.createIndexes(),
  };
}

function toListFilter(after: string | null, filter: ReplayFilter): Filter<ReplayDocument> {
  return {
    ...(filter.applicationId === null ? {} : { application: filter.applicationId }),
    ...(filter.subscriptionId == null ? {} : { subscription: filter.subscriptionId }),
    ...(filter.status == null ? {} : { status: filter.status }),
    ...(after === null ? {} : { _id: { $lt: after } }),
  };
}

function toDocument({ id, subscriptionId, applicationId, types, selection, ...rest }: Replay): ReplayDocument {
  return {
    _id: id,
    subscription: subscriptionId,
    application: applicationId,
    types: [...types],
    selection: [...selection],
    ...rest,
    holder: null,
  };
}

function toReplay(found: ReplayDocument): Replay {
  const { _id, subscription, application, holder: _holder, slot: _slot, unsettled: _unsettled, ...rest } = found;
  return { id: _id, subscriptionId: subscription, applicationId: application, ...rest };
}

// What triggers did, in MongoDB, apart from the triggers themselves: it changes often, and nobody follows it.
import { type Connection, Schema } from 'mongoose';
import type { TriggerCounts, TriggerError } from './trigger.js';

interface CountDocument {
  _id: string;
  fired: number;
  duplicates: number;
  refused: number;
  lastFiredAt?: Date;
  lastError?: TriggerError;
}

const schema = new Schema<CountDocument>(
  {
    _id: { type: String, required: true },
    fired: { type: Number, default: 0 },
    duplicates: { type: Number, default: 0 },
    refused: { type: Number, default: 0 },
    lastFiredAt: Date,
    lastError: {
      type: new Schema<TriggerError>(
        { at: Date, code: String, message: String, field: { type: String, default: null }, sample: String },
        { _id: false, strict: 'throw' },
      ),
    },
  },
  { versionKey: false, strict: 'throw' },
);

/** Where what triggers did is kept. */
export interface TriggerCountStore {
  /** Adds to the counts of triggers; later instants and errors take the place of earlier ones. */
  add(counts: ReadonlyMap<string, TriggerCounts>): Promise<void>;
  /** Null for a trigger that did nothing yet. */
  get(id: string): Promise<TriggerCounts | null>;
  delete(ids: readonly string[]): Promise<void>;
}

/** Counts in the collection `triggercounts`. */
export function createTriggerCountStore(connection: Connection): TriggerCountStore {
  const model = connection.model('TriggerCount', schema, 'triggercounts');
  return {
    async add(counts) {
      const writes = [...counts].map(([id, { fired, duplicates, refused, lastFiredAt, lastError }]) => ({
        updateOne: {
          filter: { _id: id },
          update: {
            $inc: { fired, duplicates, refused },
            ...(lastFiredAt === null ? {} : { $max: { lastFiredAt } }),
            ...(lastError === null ? {} : { $set: { lastError } }),
          },
          upsert: true,
        },
      }));
      if (writes.length > 0) await model.bulkWrite(writes, { ordered: false });
    },
    async get(id) {
      const found = await model.findOne({ _id: id }).lean();
      if (found === null) return null;
      const { fired, duplicates, refused, lastFiredAt = null, lastError = null } = found;
      return { fired, duplicates, refused, lastFiredAt, lastError };
    },
    async delete(ids) {
      await model.deleteMany({ _id: { $in: [...ids] } });
    },
  };
}

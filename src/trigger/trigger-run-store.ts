// Who runs which trigger, and how far it has come, in MongoDB: a lease that its holder renews, and a position that only the
// holder may write.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { durable, isDuplicateKey } from '../store.js';

interface RunDocument {
  /** Of the trigger. */
  _id: string;
  holder: string | null;
  leaseUntil: Date;
  position?: unknown;
}

/** Where runs are kept. */
export interface TriggerRunStore {
  /** The triggers that somebody has a lease of at an instant. */
  leased(now: Date): Promise<ReadonlySet<string>>;
  /** Takes a lease that nobody has; answers the position, undefined when there is none yet, or null when somebody has it. */
  take(id: string, holder: string, now: Date, until: Date): Promise<{ readonly position: unknown } | null>;
  /** Renews all leases of a holder that it still has; answers the triggers. */
  renew(holder: string, now: Date, until: Date): Promise<ReadonlySet<string>>;
  /** Writes a position; false when the holder no longer has the lease. */
  move(id: string, holder: string, position: unknown): Promise<boolean>;
  giveBack(id: string, holder: string): Promise<void>;
  /** Forgets runs of triggers that are no more. */
  delete(ids: readonly string[]): Promise<void>;
}

/** Runs in the collection `triggerruns`. */
export function createTriggerRunStore(connection: Connection): TriggerRunStore {
  const runs = connection.collection('triggerruns') as unknown as Collection<RunDocument>;
  const write = { writeConcern: durable };
  return {
    async leased(now) {
      const found = await runs.find({ leaseUntil: { $gt: now } }, { projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },
    async take(id, holder, now, until) {
      try {
        const taken = await runs.findOneAndUpdate(
          { _id: id, leaseUntil: { $lte: now } },
          { $set: { holder, leaseUntil: until } },
          { upsert: true, returnDocument: 'after', ...write },
        );
        return taken === null ? null : { position: taken.position };
      } catch (error) {
        // It is there, and leased.
        if (isDuplicateKey(error)) return null;
        throw error;
      }
    },
    async renew(holder, now, until) {
      await runs.updateMany({ holder, leaseUntil: { $gt: now } }, { $set: { leaseUntil: until } }, write);
      const found = await runs.find({ holder, leaseUntil: { $gt: now } }, { projection: { _id: 1 } }).toArray();
      return new Set(found.map(({ _id }) => _id));
    },
    async move(id, holder, position) {
      return (await runs.updateOne({ _id: id, holder }, { $set: { position } }, write)).matchedCount === 1;
    },
    async giveBack(id, holder) {
      await runs.updateOne({ _id: id, holder }, { $set: { holder: null, leaseUntil: new Date(0) } }, write);
    },
    async delete(ids) {
      await runs.deleteMany({ _id: { $in: [...ids] } });
    },
  };
}

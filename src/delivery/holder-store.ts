// The processes that lock deliveries, in MongoDB: one record each, with a number that grows as long as the process lives.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { durable } from '../store.js';

interface HolderDocument {
  _id: string;
  beat: number;
}

/** A process that locks deliveries. */
export interface Holder {
  readonly id: string;
  /** Grows while it lives. */
  readonly beat: number;
}

/** Where the processes are kept. */
export interface HolderStore {
  /** Says that a holder lives. */
  beat(id: string): Promise<void>;
  all(): Promise<Holder[]>;
  /** Forgets a holder; with `beat`, only if it has not been heard of since. */
  remove(id: string, beat?: number): Promise<void>;
}

/** Holders in the collection `holders`. */
export function createHolderStore(connection: Connection): HolderStore {
  const holders = connection.collection('holders') as unknown as Collection<HolderDocument>;
  return {
    async beat(id) {
      await holders.updateOne({ _id: id }, { $inc: { beat: 1 } }, { upsert: true, writeConcern: durable });
    },
    async all() {
      return (await holders.find().toArray()).map(({ _id, beat }) => ({ id: _id, beat }));
    },
    async remove(id, beat) {
      await holders.deleteOne({ _id: id, ...(beat === undefined ? {} : { beat }) }, { writeConcern: durable });
    },
  };
}

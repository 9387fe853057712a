// What processes have taken of shared limits, in MongoDB: one record for each webhook subscription that has a limit, changed
// by compare-and-set.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { durable, isDuplicateKey } from '../store.js';

/** What was taken of a limit. */
export interface SharedLimit {
  /** When the token bucket is full again, in milliseconds since the epoch. */
  readonly fullAtMs: number;
  /** How many requests at once each process has reserved. */
  readonly held: readonly { readonly holder: string; readonly slots: number }[];
}

interface PermitDocument {
  _id: string;
  version: number;
  fullAtMs: number;
  held: { holder: string; slots: number }[];
}

/** Where what was taken is kept. */
export interface PermitStore {
  /**
   * Changes what was taken of a limit: `decide` is given what is there now and answers what is to be there, until nobody else
   * has changed it in between. Throws after many attempts.
   */
  change(id: string, decide: (current: SharedLimit) => SharedLimit): Promise<void>;
}

const maxTries = 20;

/** Permits in the collection `permits`. */
export function createPermitStore(connection: Connection): PermitStore {
  const permits = connection.collection('permits') as unknown as Collection<PermitDocument>;

  async function tryOnce(id: string, decide: (current: SharedLimit) => SharedLimit): Promise<boolean> {
    const found = await permits.findOne({ _id: id });
    const version = found?.version ?? 0;
    const { fullAtMs, held } = decide({ fullAtMs: found?.fullAtMs ?? 0, held: found?.held ?? [] });
    const next = { version: version + 1, fullAtMs, held: held.map((one) => ({ ...one })) };
    if (found === null) {
      await permits.insertOne({ _id: id, ...next }, { writeConcern: durable });
      return true;
    }
    return (await permits.replaceOne({ _id: id, version }, next, { writeConcern: durable })).matchedCount === 1;
  }

  return {
    async change(id, decide) {
      for (let tries = 0; tries < maxTries; tries += 1) {
        try {
          if (await tryOnce(id, decide)) return;
        } catch (error) {
          if (!isDuplicateKey(error)) throw error;
        }
      }
      throw new Error('others change a shared limit faster than this process gets a turn');
    },
  };
}

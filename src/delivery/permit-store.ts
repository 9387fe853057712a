// What processes have taken of shared limits, in MongoDB: one record for each webhook subscription that has a limit, changed
// by compare-and-set.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import type { Clock } from '../clock.js';
import { durable, isDuplicateKey } from '../store.js';
import type { HeldSlots, SharedLimit } from './shared-limit.js';

interface PermitDocument {
  _id: string;
  version: number;
  fullAtMs: number;
  held: HeldSlots[];
}

/**
 * Says what is to be there, given what is there now and the database's time in milliseconds. May be called several times, each
 * time right before a write.
 */
export type DecideShare = (current: SharedLimit, nowMs: number) => SharedLimit;

/** Where what was taken is kept. */
export interface PermitStore {
  /** Changes what was taken of a limit, until nobody else has changed it in between. Throws after many attempts. */
  change(id: string, decide: DecideShare): Promise<void>;
  /** Forgets the limits of webhook subscriptions that were deleted. */
  forget(ids: readonly string[]): Promise<void>;
}

const maxTries = 20;

/** Permits in the collection `permits`; the clock is the one that all processes share. */
export function createPermitStore(connection: Connection, clock: Pick<Clock, 'now'>): PermitStore {
  const permits = connection.collection('permits') as unknown as Collection<PermitDocument>;
  async function tryOnce(id: string, decide: DecideShare): Promise<boolean> {
    const found = await permits.findOne({ _id: id });
    const current = { fullAtMs: found?.fullAtMs ?? 0, held: found?.held ?? [] };
    const next = decide(current, clock.now().getTime());
    if (isSame(current, next)) return true;
    const version = found?.version ?? 0;
    const document = { version: version + 1, fullAtMs: next.fullAtMs, held: next.held.map((one) => ({ ...one })) };
    if (found === null) {
      await permits.insertOne({ _id: id, ...document }, { writeConcern: durable });
      return true;
    }
    return (await permits.replaceOne({ _id: id, version }, document, { writeConcern: durable })).matchedCount === 1;
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
    async forget(ids) {
      await permits.deleteMany({ _id: { $in: [...ids] } }, { writeConcern: durable });
    },
  };
}

function isSame(one: SharedLimit, other: SharedLimit): boolean {
  return (
    one.fullAtMs === other.fullAtMs &&
    one.held.length === other.held.length &&
    one.held.every(({ holder, slots, wants }, index) => {
      const held = other.held[index];
      return held?.holder === holder && held.slots === slots && held.wants === wants;
    })
  );
}

// How far the log is planned: one number in `meta`. Every event up to the mark has its deliveries; what lies behind it may
// have or not, and is planned again by the sweep if nobody moves the mark.
import type { Collection } from 'mongodb';
import type { Connection } from 'mongoose';
import { durable } from '../store.js';

interface PlanMarkDocument {
  _id: string;
  sequence: number;
}

/** Where the mark is kept. */
export interface PlanMarkStore {
  /** Sequence up to which every event is planned; 0 at the beginning. */
  read(): Promise<number>;
  /** Moves the mark from `from` to `to`; false when it does not stand at `from`. */
  move(from: number, to: number): Promise<boolean>;
  /** Calls `moved` whenever any process moved the mark, until `signal`; rejects when the stream is lost. */
  watch(moved: () => void, signal: AbortSignal): Promise<void>;
}

const markId = 'planned';

/** The mark in the collection `meta`. */
export function createPlanMarkStore(connection: Connection): PlanMarkStore {
  const meta = connection.collection('meta') as unknown as Collection<PlanMarkDocument>;
  return {
    async read() {
      return (await meta.findOne({ _id: markId }))?.sequence ?? 0;
    },
    async move(from, to) {
      const $set = { sequence: to };
      // At the beginning there is no mark: the insert fails for all but the first who tries.
      if (from === 0)
        await meta.updateOne(
          { _id: markId },
          { $setOnInsert: { sequence: 0 } },
          { upsert: true, writeConcern: durable },
        );
      const { matchedCount } = await meta.updateOne(
        { _id: markId, sequence: from },
        { $set },
        { writeConcern: durable },
      );
      return matchedCount === 1;
    },
    async watch(moved, signal) {
      const stream = meta.watch([{ $match: { 'documentKey._id': markId } }], { maxAwaitTimeMS: 1000 });
      signal.addEventListener('abort', () => void stream.close());
      try {
        for await (const _change of stream) moved();
      } catch (error) {
        if (!signal.aborted) throw error;
      } finally {
        await stream.close();
      }
    },
  };
}

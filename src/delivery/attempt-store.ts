// Delivery attempts in MongoDB: written once, those of one moment together, and read back by delivery.
import type { Collection } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import { idPrefixes } from '../clock.js';
import { createGroupCommit } from '../group-commit.js';
import { duplicatesOf, durable, isDuplicateKey } from '../store.js';
import type { AttemptError, DeliveryAttempt } from './delivery.js';
import { toHexBound } from './delivery-store.js';

interface AttemptDocument {
  _id: string;
  delivery: string;
  number: number;
  startedAt: Date;
  durationMs: number;
  url: string;
  statusCode: number | null;
  error: AttemptError | null;
  responseHeaders: { name: string; value: string }[];
  responseBody: string | null;
  responseBodyTruncated: boolean;
}

const schema = new Schema<AttemptDocument>(
  {
    _id: { type: String, required: true },
    delivery: { type: String, required: true },
    number: { type: Number, required: true },
    startedAt: { type: Date, required: true },
    durationMs: { type: Number, required: true },
    url: { type: String, required: true },
    statusCode: Number,
    error: Schema.Types.Mixed,
    responseHeaders: Schema.Types.Mixed,
    responseBody: String,
    responseBodyTruncated: Boolean,
  },
  { versionKey: false },
).index({ delivery: 1, number: 1 }, { unique: true });

/** Where attempts are kept. */
export interface AttemptStore {
  /**
   * Writes an attempt and answers its number. It is the one given unless a process died between writing that number
   * and writing its delivery: then it is the next free one.
   */
  insert(attempt: DeliveryAttempt): Promise<number>;
  /** The first `limit` attempts of a delivery, in order. */
  list(deliveryId: string, limit: number): Promise<DeliveryAttempt[]>;
  get(id: string): Promise<DeliveryAttempt | null>;
  /** Deletes up to `limit` attempts that began before an instant. */
  deleteBefore(startedBefore: Date, limit: number): Promise<number>;
  createIndexes(): Promise<void>;
}

/** Attempts in the collection `deliveryattempts`. */
export function createAttemptStore(connection: Connection): AttemptStore {
  const model = connection.model('DeliveryAttempt', schema, 'deliveryattempts');
  const attempts = model.collection as unknown as Collection<AttemptDocument>;
  const write = { writeConcern: durable };

  async function insertWithNextNumber(attempt: DeliveryAttempt): Promise<number> {
    for (;;) {
      const [last] = await attempts.find({ delivery: attempt.deliveryId }).sort({ number: -1 }).limit(1).toArray();
      const number = (last?.number ?? 0) + 1;
      try {
        await attempts.insertOne(toDocument({ ...attempt, number }), write);
        return number;
      } catch (error) {
        if (!isDuplicateKey(error)) throw error;
      }
    }
  }

  const inserts = createGroupCommit<DeliveryAttempt, number>({
    maxItems: 500,
    maxWrites: 2,
    async write(group) {
      try {
        await attempts.insertMany(group.map(toDocument), { ordered: false, ...write });
        return group.map(({ number }) => number);
      } catch (error) {
        if (duplicatesOf(error) === null) throw error;
        const ids = group.map(({ id }) => id);
        const found = await attempts.find({ _id: { $in: ids } }, { projection: { _id: 1 } }).toArray();
        const inserted = new Set(found.map(({ _id }) => _id));
        return Promise.all(
          group.map(async (attempt) => (inserted.has(attempt.id) ? attempt.number : insertWithNextNumber(attempt))),
        );
      }
    },
  });

  return {
    insert: (attempt) => inserts.add(attempt),
    async list(delivery, limit) {
      return (await attempts.find({ delivery }).sort({ number: 1 }).limit(limit).toArray()).map(toAttempt);
    },
    async get(id) {
      const found = await attempts.findOne({ _id: id });
      return found === null ? null : toAttempt(found);
    },
    async deleteBefore(startedBefore, limit) {
      const bound = `${idPrefixes.deliveryAttempt}_${toHexBound(startedBefore)}`;
      const found = await attempts
        .find({ _id: { $lt: bound } }, { projection: { _id: 1 } })
        .sort({ _id: 1 })
        .limit(limit)
        .toArray();
      return (await attempts.deleteMany({ _id: { $in: found.map(({ _id }) => _id) } }, write)).deletedCount;
    },
    createIndexes: () => model.createIndexes(),
  };
}

function toDocument({ id, deliveryId, responseHeaders, ...rest }: DeliveryAttempt): AttemptDocument {
  return { _id: id, delivery: deliveryId, responseHeaders: [...responseHeaders], ...rest };
}

function toAttempt({ _id, delivery, ...rest }: AttemptDocument): DeliveryAttempt {
  return { id: _id, deliveryId: delivery, ...rest };
}

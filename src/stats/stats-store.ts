// Counts in MongoDB: for each thing one record a span, for spans of four lengths, to which every process adds what it has
// counted. What they mean is stats.ts.
import type { AnyBulkWriteOperation, Collection } from 'mongodb';
import { type Connection, Schema } from 'mongoose';
import type { Counted } from './meter.js';
import { type CountedSpan, type Counts, noCounts, type StatsKind, spanStart, spansOf, type Times } from './stats.js';

interface StatsDocument {
  /** Length of the span in seconds, its beginning, kind and name. */
  _id: string;
  spanSeconds: number;
  at: Date;
  kind: StatsKind;
  name: string;
  counts: Partial<Counts>;
}

const schema = new Schema<StatsDocument>(
  {
    _id: { type: String, required: true },
    spanSeconds: { type: Number, required: true },
    at: { type: Date, required: true },
    kind: { type: String, required: true },
    name: { type: String, required: false },
    counts: { type: Schema.Types.Mixed },
  },
  { versionKey: false },
).index({ spanSeconds: 1, kind: 1, name: 1, at: 1 });

/** Which spans to read. */
export interface SpanSearch {
  readonly spanSeconds: number;
  readonly since: Date;
  readonly kind: StatsKind;
  /** Of this name alone. */
  readonly name?: string;
}

/** Where counts are kept. */
export interface StatsStore {
  /** Adds what was counted until an instant to its spans. */
  add(counted: readonly Counted[], at: Date): Promise<void>;
  /** In the order of time. */
  read(search: SpanSearch): Promise<CountedSpan[]>;
  /** Deletes spans that are kept no longer at an instant. */
  forget(now: Date): Promise<void>;
  createIndexes(): Promise<void>;
}

/** Most records read at once: a month of a thousand names. */
const maxRead = 31_000;

/** Counts in the collection `stats`. They are told for orientation: losing the last seconds in a crash does no harm. */
export function createStatsStore(connection: Connection): StatsStore {
  const model = connection.model('Stats', schema, 'stats');
  const stats = model.collection as unknown as Collection<StatsDocument>;
  const lengths = Object.values(spansOf);
  return {
    async add(counted, now) {
      if (counted.length === 0) return;
      const writes = counted.flatMap(({ kind, name, counts }) =>
        lengths.map(({ spanSeconds }): AnyBulkWriteOperation<StatsDocument> => {
          const at = spanStart(now, spanSeconds);
          const _id = `${spanSeconds} ${at.getTime()} ${kind} ${name}`;
          const { $inc, $max } = toUpdate(counts);
          const update = { $setOnInsert: { spanSeconds, at, kind, name }, $inc, $max };
          return { updateOne: { filter: { _id }, update, upsert: true } };
        }),
      );
      await stats.bulkWrite(writes, { ordered: false });
    },
    async read({ spanSeconds, since, kind, name }) {
      const found = await stats
        .find({ spanSeconds, kind, at: { $gte: since }, ...(name === undefined ? {} : { name }) })
        .limit(maxRead)
        .toArray();
      return found
        .map(({ kind: ofKind, name: ofName, at, counts }) => ({
          kind: ofKind,
          name: ofName,
          at,
          counts: fillUp(counts),
        }))
        .sort((a, b) => a.at.getTime() - b.at.getTime());
    },
    async forget(now) {
      for (const { spanSeconds, keptSeconds } of lengths)
        await stats.deleteMany({ spanSeconds, at: { $lt: new Date(now.getTime() - keptSeconds * 1000) } });
    },
    createIndexes: () => model.createIndexes(),
  };
}

/** What was never counted in a span is absent from its record. */
function fillUp(counts: Partial<Counts>): Counts {
  const none = noCounts();
  return {
    ...none,
    ...counts,
    processing: { ...none.processing, ...counts.processing },
    sending: { ...none.sending, ...counts.sending },
  };
}

function toUpdate({ events, refused, failed, processing, sending }: Counts) {
  const $inc: Record<string, number> = { 'counts.events': events, 'counts.refused': refused, 'counts.failed': failed };
  const $max: Record<string, number> = {};
  const add = (name: string, times: Times): void => {
    $inc[`counts.${name}.count`] = times.count;
    $inc[`counts.${name}.sumMs`] = times.sumMs;
    $max[`counts.${name}.maxMs`] = times.maxMs;
    for (const [step, count] of Object.entries(times.classes)) $inc[`counts.${name}.classes.${step}`] = count;
  };
  add('processing', processing);
  add('sending', sending);
  return { $inc, $max };
}

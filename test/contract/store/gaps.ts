// What the embedded store cannot do, each with the row of its README's table and with checks that a MongoDB server passes.
import assert from 'node:assert/strict';
import { type ChangeStream, type ChangeStreamDocument, Decimal128, type Document, Double } from 'mongodb';
import { collectionWith, type StoreUnderTest } from './kit.js';

/** A sentence that is true of a MongoDB server, and its proof, which fails on the embedded store. */
type Check = readonly [sentence: string, prove: (store: StoreUnderTest) => Promise<unknown>];

/** A row of the README's table of known gaps. */
export interface Gap {
  /** The first cell of the row. */
  readonly row: string;
  readonly checks: readonly Check[];
}

const one = (db: StoreUnderTest['db']) => collectionWith(db, [{ _id: 1, n: 1, a: [1, 2], t: 'x' }]);

/** A check that a find with this filter finds the document `{_id: 1, n: 1, a: [1, 2], t: 'x'}`. */
const finds = (filter: Document) => async (store: StoreUnderTest) =>
  assert.equal((await (await one(store.db)).find(filter).toArray()).length, 1);

/** A check that an index of this kind can be made. */
const indexes = (key: Document, options: Document) => async (store: StoreUnderTest) =>
  (await one(store.db)).createIndex(key, options);

/** A check that a projection leaves `a` as said. */
const projects =
  (filter: Document, projection: Document, expected: Document) =>
  async ({ db }: StoreUnderTest) =>
    assert.deepEqual(await (await one(db)).findOne(filter, { projection: { ...projection, _id: 0 } }), expected);

/** A check that a pipeline over that document gives so many documents. */
const aggregates =
  (stage: (name: string) => Document, count: number) =>
  async ({ db }: StoreUnderTest) => {
    const collection = await one(db);
    assert.equal((await collection.aggregate([stage(collection.collectionName)]).toArray()).length, count);
  };

/** A check that a change stream with these options and stages can be opened. */
const watches =
  (pipeline: Document[], options: Document = {}) =>
  async ({ db }: StoreUnderTest) => {
    const stream = (await one(db)).watch(pipeline, { maxAwaitTimeMS: 20, ...options });
    await firstOf(stream);
  };

/** The first event of a stream if there is one by now; closes the stream. */
async function firstOf(stream: ChangeStream): Promise<ChangeStreamDocument | null> {
  try {
    return await stream.tryNext();
  } finally {
    await stream.close();
  }
}

/** A check that a command about the collection is understood. */
const commands =
  (command: (name: string) => Document) =>
  async ({ db }: StoreUnderTest) =>
    db.command(command((await one(db)).collectionName));

async function changesExpiry({ db }: StoreUnderTest): Promise<void> {
  const collection = await one(db);
  await collection.createIndex({ n: 1 }, { expireAfterSeconds: 60 });
  const index = { keyPattern: { n: 1 }, expireAfterSeconds: 120 };
  await db.command({ collMod: collection.collectionName, index });
}

/** Every known gap, in the order of the README's table. */
export const gaps: readonly Gap[] = [
  {
    row: 'transactions',
    checks: [
      [
        'a transaction writes all or nothing',
        async ({ client, db }) => {
          const collection = await one(db);
          await client.withSession((session) =>
            session.withTransaction(() => collection.insertOne({ _id: 2 as never }, { session })),
          );
        },
      ],
    ],
  },
  {
    row: 'collations other than simple; text, geo, wildcard, hashed and hidden indexes',
    checks: [
      [
        'a collation orders text by language',
        async ({ db }) => {
          const collection = await collectionWith(db, [{ v: 'B' }, { v: 'a' }]);
          const found = await collection.find().sort({ v: 1 }).collation({ locale: 'en' }).toArray();
          assert.equal(found[0]?.['v'], 'a');
        },
      ],
      ['an index may have a collation', indexes({ t: 1 }, { collation: { locale: 'en' } })],
      ['a text index can be made', indexes({ t: 'text' }, {})],
      ['a geo index can be made', indexes({ place: '2dsphere' }, {})],
      ['a wildcard index can be made', indexes({ '$**': 1 }, {})],
      ['a hashed index can be made', indexes({ n: 'hashed' }, {})],
      ['a hidden index can be made', indexes({ n: 1 }, { hidden: true })],
    ],
  },
  {
    row: 'update with an aggregation pipeline; `sort` in updateOne',
    checks: [
      [
        'an update with a pipeline computes fields',
        async ({ db }) => {
          const collection = await one(db);
          await collection.updateOne({}, [{ $set: { m: { $add: ['$n', 1] } } }]);
          assert.equal((await collection.findOne({}))?.['m'], 2);
        },
      ],
      [
        'updateOne takes the first by its sort',
        async ({ db }) => (await one(db)).updateOne({}, { $set: { m: 1 } }, { sort: { n: 1 } }),
      ],
    ],
  },
  {
    row: 'projections with `$slice`, `$elemMatch`, `$` or expressions',
    checks: [
      ['a projection with $slice cuts an array', projects({}, { a: { $slice: 1 }, n: 1 }, { n: 1, a: [1] })],
      ['a projection with $elemMatch chooses an element', projects({}, { a: { $elemMatch: { $gt: 1 } } }, { a: [2] })],
      ['a projection with $ shows the element that matched', projects({ a: 2 }, { 'a.$': 1 }, { a: [2] })],
      ['a projection computes', projects({}, { m: { $add: ['$n', 1] } }, { m: 2 })],
    ],
  },
  {
    row: '`$where`, `$text`, `$jsonSchema`, `$bits…`, geo operators; regular expressions that need backtracking (look-around, backreferences)',
    checks: [
      ['$where runs code', finds({ $where: 'this.n === 1' })],
      ['$jsonSchema finds what is valid', finds({ $jsonSchema: { required: ['n'] } })],
      ['$bitsAllSet finds set bits', finds({ n: { $bitsAllSet: 1 } })],
      ['$bitsAnyClear finds clear bits', finds({ n: { $bitsAnyClear: 2 } })],
      ['$regex looks ahead', finds({ t: { $regex: 'x(?!y)' } })],
      ['$regex refers back', finds({ t: { $regex: '^(x|y)(?!\\1)' } })],
    ],
  },
  {
    row: '`$lookup`, `$graphLookup`, `$unionWith`, `$out`, `$merge`, `$setWindowFields` and other stages not in `pipeline.ts`',
    checks: [
      ['$lookup joins', aggregates((from) => ({ $lookup: { from, localField: 'n', foreignField: 'n', as: 's' } }), 1)],
      ['$unionWith adds a collection', aggregates((coll) => ({ $unionWith: { coll } }), 2)],
      ['$merge writes', aggregates((into) => ({ $merge: { into } }), 0)],
      ['$out writes', aggregates((name) => ({ $out: `${name}_out` }), 0)],
      [
        '$graphLookup follows references',
        aggregates(
          (from) => ({
            $graphLookup: { from, startWith: '$n', connectFromField: 'n', connectToField: 'n', as: 's' },
          }),
          1,
        ),
      ],
      [
        '$setWindowFields numbers documents',
        aggregates(() => ({ $setWindowFields: { sortBy: { n: 1 }, output: { r: { $documentNumber: {} } } } }), 1),
      ],
    ],
  },
  {
    row: 'computed aggregation stages give whole doubles as int32 (not refused)',
    checks: [
      [
        'a double that passes a computing stage stays a double',
        async ({ db }) => {
          const collection = await collectionWith(db, [{ n: new Double(2) }]);
          const pipeline = [{ $group: { _id: null, n: { $first: '$n' } } }];
          const [found] = await collection.aggregate(pipeline, { promoteValues: false }).toArray();
          assert.ok(found?.['n'] instanceof Double);
        },
      ],
    ],
  },
  {
    row: 'stages that compute in a change stream',
    checks: [
      ['a change stream adds fields', watches([{ $addFields: { x: 1 } }])],
      ['a change stream computes in $project', watches([{ $project: { x: { $concat: ['$operationType', '!'] } } }])],
    ],
  },
  {
    row: "`fullDocumentBeforeChange`, `fullDocument: 'required'`, expanded events, streams on the whole cluster",
    checks: [
      ['a change stream shows the document before', watches([], { fullDocumentBeforeChange: 'whenAvailable' })],
      ['a change stream shows the document as it was then', watches([], { fullDocument: 'whenAvailable' })],
      ['a change stream shows expanded events', watches([], { showExpandedEvents: true })],
      [
        'a change stream watches the whole cluster',
        async ({ client }) => {
          const stream = client.watch([], { maxAwaitTimeMS: 20 });
          await firstOf(stream);
        },
      ],
    ],
  },
  {
    row: 'views, capped and time series collections, validators, collMod, renameCollection, collStats, dbStats',
    checks: [
      ['a view shows a collection', commands((name) => ({ create: `${name}_view`, viewOn: name, pipeline: [] }))],
      ['a capped collection can be made', commands((name) => ({ create: `${name}_cap`, capped: true, size: 4096 }))],
      ['a time series can be made', commands((name) => ({ create: `${name}_time`, timeseries: { timeField: 't' } }))],
      ['a validator can be set', commands((collMod) => ({ collMod, validator: { n: { $gt: 0 } } }))],
      ['a collMod changes how long a TTL index keeps', changesExpiry],
      ['collStats counts', commands((collStats) => ({ collStats }))],
      ['dbStats counts', commands(() => ({ dbStats: 1 }))],
      ['a collection is renamed', async ({ db }) => (await one(db)).rename(`renamed_${Date.now()}`)],
    ],
  },
  {
    row: 'an `$expr` that computes long on one document holds the thread while it runs (not refused)',
    checks: [
      [
        'others are answered while an $expr computes',
        async ({ client, db }) => {
          const order: string[] = [];
          const list = { $map: { input: { $range: [0, 400_000] }, in: { $add: ['$$this', 1] } } };
          const long = (await one(db)).find({ $expr: { $gt: [{ $sum: list }, 0] } }).toArray();
          const pings = async () => {
            for (let i = 0; i < 5; i += 1) await client.db().admin().ping();
          };
          await Promise.all([long.then(() => order.push('long')), pings().then(() => order.push('pings'))]);
          assert.deepEqual(order, ['pings', 'long']);
        },
      ],
    ],
  },
  {
    row: 'two array fields below one array in a unique index count all their combinations (not refused)',
    checks: [
      [
        'a unique index takes the fields of each element together',
        async ({ db }) => {
          const collection = await collectionWith(db, [
            {
              l: [
                { x: 1, y: 1 },
                { x: 2, y: 2 },
              ],
            },
          ]);
          await collection.createIndex({ 'l.x': 1, 'l.y': 1 }, { unique: true });
          await collection.insertOne({ l: [{ x: 1, y: 2 }] });
        },
      ],
    ],
  },
  {
    row: 'decimals nearer to zero than 1E-360 are ordered as one (not refused)',
    checks: [
      [
        'decimals next to zero are told apart',
        async ({ db }) => {
          const [v, w] = [Decimal128.fromString('1E-6000'), Decimal128.fromString('2E-6000')];
          const collection = await collectionWith(db, [{ v }, { v: w }]);
          assert.equal(await collection.countDocuments({ v: { $lt: w } }), 1);
        },
      ],
    ],
  },
  {
    row: 'a stream resumed behind a `drop` event is not told the `invalidate` that follows it (not refused)',
    checks: [
      [
        'a stream resumed behind a drop is told the invalidate',
        async ({ db }) => {
          const collection = await one(db);
          const stream = collection.watch([], { maxAwaitTimeMS: 20 });
          await stream.tryNext();
          await collection.drop();
          const { _id } = await stream.next();
          await stream.close();
          const again = collection.watch([], { resumeAfter: _id, maxAwaitTimeMS: 20 });
          const event = await firstOf(again);
          assert.equal(event?.operationType, 'invalidate');
        },
      ],
    ],
  },
];

// The real clients at work: mongoose models, Agenda with its own MongoDB backend, and the query shapes of its locking.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MongoBackend, MongoChangeStreamNotificationChannel } from '@agendajs/mongo-backend';
import { Agenda, type Job } from 'agenda';
import mongoose from 'mongoose';
import { withStore } from './kit.js';

test('a mongoose model is created, changed, queried and deleted', async () => {
  await withStore(async (_client, uri) => {
    const connection = await mongoose.createConnection(uri).asPromise();
    const schema = new mongoose.Schema(
      {
        name: { type: String, unique: true },
        tags: [String],
        inner: { n: Number },
        when: Date,
        map: { type: Map, of: Number },
      },
      { timestamps: true, optimisticConcurrency: true },
    );
    const Thing = connection.model('Thing', schema);
    await Thing.init();
    const thing = await Thing.create({ name: 'one', tags: ['a'], inner: { n: 1 }, map: { x: 1 } });
    thing.tags.push('b');
    thing.set('inner.n', 2);
    await thing.save();
    await assert.rejects(Thing.create({ name: 'one' }), /E11000/);
    const stale = await Thing.findById(thing._id);
    await Thing.updateOne({ _id: thing._id }, { $inc: { __v: 1 } });
    stale?.set('inner.n', 9);
    await assert.rejects(stale?.save() ?? Promise.resolve(), /No matching document/);
    assert.equal((await Thing.findOne({ tags: { $all: ['a', 'b'] } }).lean())?.inner?.n, 2);
    assert.equal(await Thing.countDocuments({ 'inner.n': { $gte: 2 } }), 1);
    const upserted = await Thing.findOneAndUpdate(
      { name: 'two' },
      { $setOnInsert: { tags: ['z'] } },
      { upsert: true, new: true },
    );
    assert.deepEqual([...(upserted?.tags ?? [])], ['z']);
    assert.deepEqual(
      (await Thing.find().sort('-name').select('name -_id').lean()).map(({ name }) => name),
      ['two', 'one'],
    );
    assert.deepEqual(
      (await Thing.aggregate([{ $unwind: '$tags' }, { $group: { _id: '$tags' } }, { $sort: { _id: 1 } }])).map(
        ({ _id }) => _id as unknown,
      ),
      ['a', 'b', 'z'],
    );
    assert.equal((await Thing.deleteMany({})).deletedCount, 2);
    await connection.close();
  });
});

test('Agenda with its own backend runs every job once, one that failed again, and hears of new ones by a change stream', async () => {
  await withStore(async (client) => {
    const db = client.db();
    const collection = 'agendaJobs';
    const notificationChannel = new MongoChangeStreamNotificationChannel({ db, collection });
    const agenda = new Agenda({
      backend: new MongoBackend({ mongo: db, collection }),
      // polls are far apart: what runs was told by the change stream
      processEvery: 10_000,
      defaultConcurrency: 5,
      defaultLockLifetime: 3000,
      notificationChannel,
    });
    const ran: number[] = [];
    let isOver: () => void = () => undefined;
    const over = new Promise<void>((resolve) => (isOver = resolve));
    agenda.define<{ n: number }>('count', (job: Job<{ n: number }>) => {
      const { n } = job.attrs.data;
      ran.push(n);
      if (n === 7 && ran.filter((each) => each === 7).length === 1) throw new Error('once');
      if (ran.length === 21) isOver();
    });
    agenda.on('fail', (_error: Error, job) => void agenda.now('count', job.attrs.data as { n: number }));
    await agenda.start();
    for (let n = 0; n < 20; n += 1) await agenda.now('count', { n });
    await over;
    await agenda.stop();
    await notificationChannel.disconnect();
    assert.deepEqual(
      ran.sort((a, b) => a - b),
      [...Array.from({ length: 20 }, (_, n) => n), 7].sort((a, b) => a - b),
    );
    const { total } = await agenda.queryJobs({ name: 'count' });
    assert.equal(total, 21);
    assert.equal(await agenda.cancel({ name: 'count' }), 21);
  });
});

test('jobs are locked as Agenda locks them, each once and the most urgent first', async () => {
  await withStore(async (client) => {
    interface Job {
      name: string;
      nextRunAt: Date | null;
      lockedAt: Date | null;
      priority: number;
      disabled?: boolean;
    }
    const jobs = client.db().collection<Job>('agendaJobs');
    await jobs.createIndex(
      { name: 1, nextRunAt: 1, priority: -1, lockedAt: 1, disabled: 1 },
      { name: 'findAndLockNextJobIndex' },
    );
    const now = Date.now();
    const job = (i: number): Job => ({
      name: 'deliver',
      nextRunAt: new Date(now - 1000 + i),
      lockedAt: null,
      priority: i % 3,
    });
    await jobs.insertMany(Array.from({ length: 60 }, (_, i) => job(i)));
    await jobs.insertMany([
      { ...job(0), nextRunAt: new Date(now + 3_600_000) },
      { ...job(0), disabled: true },
      { ...job(0), nextRunAt: new Date(now + 3_600_000), lockedAt: new Date(now - 3_600_000), priority: 9 },
    ]);
    const lock = () =>
      jobs.findOneAndUpdate(
        {
          name: 'deliver',
          disabled: { $ne: true },
          $or: [
            { lockedAt: null, nextRunAt: { $lte: new Date(now) } },
            { lockedAt: { $lte: new Date(now - 600_000) } },
          ],
        },
        { $set: { lockedAt: new Date() } },
        { sort: { nextRunAt: 1, priority: -1 }, returnDocument: 'after' },
      );
    const first = [];
    for (let i = 0; i < 10; i += 1) first.push(await lock());
    const due = first.map((each) => each?.nextRunAt?.getTime());
    const expected = Array.from({ length: 10 }, (_, i) => now - 1000 + i);
    assert.deepEqual(due, expected);
    const rest = await Promise.all(Array.from({ length: 70 }, lock));
    const locked = [...first, ...rest].filter((each) => each !== null);
    assert.equal(locked.length, 61);
    assert.equal(new Set(locked.map(({ _id }) => String(_id))).size, 61);
  });
});

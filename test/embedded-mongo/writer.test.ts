// The group commit and the memory of retryable writes, on an engine in this thread: what happens when something fails in between.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ABORT } from 'lmdb';
import { Long, UUID } from 'mongodb';
import { insert } from '../../src/embedded-mongo/commands/insert.js';
import { CommandError } from '../../src/embedded-mongo/errors.js';
import { atOnce, type Work } from '../../src/embedded-mongo/work.js';
import { commandOf, withEngine } from './engine-kit.js';

const key = Buffer.from('x');

test('a failure in the middle of a group undoes what failed, and only that', async () => {
  await withEngine(async ({ writer, storage }, warnings) => {
    const outcomes = await Promise.allSettled([
      writer.run(() => atOnce(() => storage.catalog.put(Buffer.from('a'), key))),
      writer.run(() =>
        atOnce(() => {
          void storage.catalog.put(Buffer.from('b'), key);
          throw new Error('unforeseen');
        }),
      ),
      writer.run(() => atOnce(() => storage.catalog.put(Buffer.from('c'), key))),
      writer.run(() =>
        atOnce(() => {
          throw new CommandError('BadValue', 'foreseen');
        }),
      ),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled', 'rejected'],
    );
    assert.deepEqual(
      ['a', 'b', 'c'].map((name) => storage.catalog.get(Buffer.from(name)) !== undefined),
      [true, false, true],
    );
    assert.equal(warnings.length, 1);
  });
});

test('a commit that fails is told with its reason, leaves nothing, and the next one works', async () => {
  await withEngine(async (engine, warnings) => {
    const { root } = engine.storage;
    const commit = root.childTransaction.bind(root);
    root.childTransaction = async (action) => {
      root.childTransaction = commit;
      await commit(() => {
        action();
        return ABORT as never;
      });
      const commitError = Promise.reject(new Error('no space left'));
      throw Object.assign(new Error('Commit failed'), { commitError });
    };
    const lost = insert(commandOf({ insert: 'a', documents: [{ _id: 1 }] }), engine);
    await assert.rejects(lost, /no space left/);
    assert.equal(engine.catalog.find('test.a'), undefined);
    await insert(commandOf({ insert: 'a', documents: [{ _id: 1 }] }), engine);
    assert.equal(engine.catalog.find('test.a')?.documentCount, 1);
    assert.equal([...engine.oplog.read(0n)].length, 2);
    assert.equal(warnings.length, 1);
  });
});

test('long work lets others commit in between', async () => {
  await withEngine(async ({ writer }) => {
    const order: string[] = [];
    const long = writer.run(function* (): Work<void> {
      const started = performance.now();
      while (performance.now() - started < 120) yield;
      order.push('long');
    });
    await writer.run(() => atOnce(() => undefined));
    await writer.run(() => atOnce(() => order.push('short')));
    await long;
    assert.deepEqual(order, ['short', 'long']);
  });
});

test('a list of writes that a crash cut short goes on where it was when it is repeated', async () => {
  await withEngine(async (engine) => {
    const documents = Array.from({ length: 120 }, (_, _id) => ({ _id }));
    const retry = { lsid: { id: new UUID() }, txnNumber: Long.fromNumber(1) };
    const command = commandOf({ insert: 'a', documents, ...retry });
    const crash = engine.writer.run(() =>
      engine.sessions.once(command, function* (_kept, keep) {
        keep({ n: 100, nModified: 0, upserted: [], writeErrors: [], next: 100 });
        yield;
        throw new CommandError('BadValue', 'as if the process had died here');
      }),
    );
    await assert.rejects(crash);
    const reply = (await insert(command, engine)) as Buffer;
    assert.equal(engine.catalog.find('test.a')?.documentCount, 20);
    assert.deepEqual(await insert(command, engine), reply);
  });
});

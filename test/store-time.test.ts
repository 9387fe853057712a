// The database's time on a machine whose clock is wrong. The database is a function that tells a time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followStoreTime } from '../src/store-time.js';
import { createFakeClock } from './kit/fake-clock.js';
import { createRecordedLog } from './kit/memory-stores.js';

function databaseAhead(aheadMs: () => number | null, machine: { now(): Date }): () => Promise<Date | null> {
  return async () => {
    const ms = aheadMs();
    return ms === null ? null : new Date(machine.now().getTime() + ms);
  };
}

test("a machine three minutes behind shows the database's time and says so", async () => {
  const [machine, log] = [createFakeClock(), createRecordedLog()];
  const time = await followStoreTime(
    databaseAhead(() => 180_000, machine),
    machine,
    log,
  );
  assert.equal(time.clock.now().getTime() - machine.now().getTime(), 180_000);
  assert.equal(time.clock.monotonicMs(), machine.monotonicMs());
  assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 1);
  await time.close();
});

test('a small difference is taken for the time that the question took', async () => {
  const [machine, log] = [createFakeClock(), createRecordedLog()];
  const time = await followStoreTime(
    databaseAhead(() => 80, machine),
    machine,
    log,
  );
  assert.equal(time.clock.now().getTime(), machine.now().getTime());
  assert.deepEqual(log.lines, []);
  await time.close();
});

test('a clock that is set while the process runs is followed within half a minute', async () => {
  const [machine, log] = [createFakeClock(), createRecordedLog()];
  let aheadMs = 0;
  const time = await followStoreTime(
    databaseAhead(() => aheadMs, machine),
    machine,
    log,
  );
  aheadMs = -60_000;
  await machine.advance(30_000);
  assert.equal(time.clock.now().getTime() - machine.now().getTime(), -60_000);
  aheadMs = 0;
  await machine.advance(30_000);
  assert.equal(time.clock.now().getTime(), machine.now().getTime());
  await time.close();
});

test('a database that tells no time leaves the clock of the machine', async () => {
  const [machine, log] = [createFakeClock(), createRecordedLog()];
  const time = await followStoreTime(
    databaseAhead(() => null, machine),
    machine,
    log,
  );
  assert.equal(time.clock.now().getTime(), machine.now().getTime());
  await time.close();
});

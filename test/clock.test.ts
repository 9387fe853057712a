// Identifiers and the system's clock.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createNewId, type IdKind, idPrefixes, kindOfId, systemClock, systemRandomBytes } from '../src/clock.js';
import { createFakeClock } from './kit/fake-clock.js';
import { createFakeRandomBytes } from './kit/fake-random.js';

const kinds = Object.keys(idPrefixes) as IdKind[];

test('an identifier is its prefix, an underscore and 24 hex digits that begin with the time', () => {
  const clock = createFakeClock(new Date(0x0123456789ab));
  const newId = createNewId(clock, createFakeRandomBytes());
  for (const kind of kinds) assert.match(newId(kind), new RegExp(`^${idPrefixes[kind]}_0123456789ab00[0-9a-f]{10}$`));
});

test('identifiers grow and are unique, within a millisecond, over more than fit in one, and when the clock goes back', async () => {
  let nowMs = 1_000_000;
  const clock = { ...createFakeClock(), now: () => new Date(nowMs) };
  const newId = createNewId(clock, createFakeRandomBytes());
  const ids: string[] = [];
  for (let index = 0; index < 10_000; index += 1) ids.push(newId('event'));
  nowMs -= 5000;
  for (let index = 0; index < 100; index += 1) ids.push(newId('event'));
  nowMs += 60_000;
  ids.push(newId('event'));
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, ids.length);
});

test('two processes at the same instant make different identifiers', () => {
  const clock = createFakeClock();
  const [one, two] = [createNewId(clock), createNewId(clock)];
  const ids = Array.from({ length: 2000 }, (_, index) => (index % 2 === 0 ? one : two)('event'));
  assert.equal(new Set(ids).size, 2000);
});

test('the kind of an identifier is known by its prefix', () => {
  const newId = createNewId();
  for (const kind of kinds) assert.equal(kindOfId(newId(kind)), kind);
});

test('what we did not make has no kind', () => {
  const hex = '0'.repeat(24);
  for (const id of [
    '',
    'evt_',
    `evt_${hex}0`,
    `evt_${hex.slice(1)}`,
    `EVT_${hex}`,
    `evt_${hex.replace('0', 'G')}`,
    `xyz_${hex}`,
    `evt-${hex}`,
    ` evt_${hex}`,
    `evt_${hex}\n`,
    '__proto__',
  ])
    assert.equal(kindOfId(id), null, JSON.stringify(id));
  fc.assert(fc.property(fc.string(), (text) => kindOfId(text) === null));
});

test('a cancelled timer of the system does not run, and cancelling again does nothing', async () => {
  let runs = 0;
  const cancel = systemClock.after(0, () => {
    runs += 1;
  });
  cancel();
  cancel();
  await new Promise<void>((resolve) => {
    const keepAlive = setInterval(() => undefined, 1000);
    systemClock.after(1, () => {
      clearInterval(keepAlive);
      resolve();
    });
  });
  assert.equal(runs, 0);
});

test('the system does not go back, and its bytes differ', () => {
  const before = systemClock.monotonicMs();
  assert.ok(systemClock.monotonicMs() >= before);
  assert.ok(Math.abs(systemClock.now().getTime() - Date.now()) < 1000);
  assert.notDeepEqual(systemRandomBytes(16), systemRandomBytes(16));
  assert.equal(systemRandomBytes(7).length, 7);
});

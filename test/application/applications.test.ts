// The rules of applications and their keys.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Applications, createApplications } from '../../src/application/applications.js';
import { hashApiKey, isApiKeyShaped } from '../../src/security/api-key.js';
import { createFakeClock, type FakeClock } from '../kit/fake-clock.js';
import { createFakeNewId, createFakeRandomBytes } from '../kit/fake-random.js';
import {
  createMemoryDatabase,
  createMemoryStores,
  type MemoryDatabase,
  type MemoryStores,
} from '../kit/memory-stores.js';

interface Setup {
  readonly database: MemoryDatabase;
  readonly stores: MemoryStores;
  readonly clock: FakeClock;
  readonly applications: Applications;
  /** What was done besides the stores, in order. */
  readonly done: string[];
}

function setUp(): Setup {
  const database = createMemoryDatabase();
  const stores = createMemoryStores(database);
  const clock = createFakeClock();
  const done: string[] = [];
  const applications = createApplications({
    store: stores.applications,
    keys: stores.apiKeys,
    clock,
    newId: createFakeNewId(),
    randomBytes: createFakeRandomBytes(),
    onRevoked: () => void done.push('revoked'),
    deleteOwned: async (id) => void done.push(`owned of ${id}`),
  });
  return { database, stores, clock, applications, done };
}

test('an application is created, changed and listed', async () => {
  const { applications, clock } = setUp();
  const created = await applications.create({ name: ' Shop ', externalId: 'shop-1' });
  assert.deepEqual([created.name, created.externalId, created.createdAt], ['Shop', 'shop-1', clock.now()]);
  await clock.advance(5);
  const renamed = await applications.update(created.id, { name: 'Store', externalId: undefined });
  assert.deepEqual(renamed, { ...created, name: 'Store', updatedAt: clock.now() });
  assert.equal((await applications.update(created.id, { name: null, externalId: null })).externalId, null);
  assert.deepEqual(
    (await applications.list({ list: 'applications', first: 1, after: null })).items.map(({ id }) => id),
    [created.id],
  );
});

for (const [what, input, field] of [
  ['an empty name', { name: ' ' }, 'name'],
  ['a long name', { name: 'x'.repeat(129) }, 'name'],
  ['a control character', { name: 'a\u0007' }, 'name'],
  ['an empty external reference', { name: 'a', externalId: '' }, 'externalId'],
] as const) {
  test(`${what} is refused, new and changed`, async () => {
    const { applications, database } = setUp();
    await assert.rejects(applications.create(input), { code: 'INVALID_INPUT', field });
    assert.equal(database.applications.size, 0);
    const { id } = await applications.create({ name: 'a' });
    await assert.rejects(applications.update(id, input), { code: 'INVALID_INPUT', field });
  });
}

test('an external reference is unique', async () => {
  const { applications } = setUp();
  await applications.create({ name: 'a', externalId: 'x' });
  await assert.rejects(applications.create({ name: 'b', externalId: 'x' }), {
    code: 'NAME_TAKEN',
    field: 'externalId',
  });
  const { id } = await applications.create({ name: 'c' });
  await assert.rejects(applications.update(id, { externalId: 'x' }), { code: 'NAME_TAKEN', field: 'externalId' });
});

test('what does not exist cannot be changed, deleted or revoked', async () => {
  const { applications } = setUp();
  const notFound = { code: 'NOT_FOUND', field: 'id' };
  await assert.rejects(applications.update('app_none', { name: 'x' }), notFound);
  await assert.rejects(applications.delete('app_none'), notFound);
  await assert.rejects(applications.revokeKey('key_none'), notFound);
});

test('deleting revokes the keys, deletes what is owned, and takes the record last', async () => {
  const { applications, database, done, stores } = setUp();
  const { id } = await applications.create({ name: 'a' });
  const { apiKey } = await applications.createKey({ name: 'k', role: 'APPLICATION', applicationId: id });
  stores.faults.failBefore('applications.delete');
  await assert.rejects(applications.delete(id));
  assert.deepEqual(done.slice(0, 2), ['revoked', `owned of ${id}`]);
  assert.ok(database.apiKeys.get(apiKey.id)?.apiKey.revokedAt);
  await applications.delete(id);
  assert.deepEqual([database.applications.size, await applications.exists(id)], [0, false]);
});

test('a key that is made while its application is deleted does not outlive it', async () => {
  for (const held of ['apiKeys.create', 'applications.get']) {
    const { applications, database, stores } = setUp();
    const { id } = await applications.create({ name: 'a' });
    const hold = stores.faults.hold(held, held === 'apiKeys.create' ? 'before' : 'after');
    const making = applications.createKey({ name: 'k', role: 'APPLICATION', applicationId: id });
    await hold.reached;
    await applications.delete(id);
    hold.release();
    await assert.rejects(making, { code: 'NOT_FOUND', field: 'application' });
    for (const { apiKey } of database.apiKeys.values()) assert.ok(apiKey.revokedAt !== null);
  }
});

test('a key that is made between the two steps of a deletion does not outlive the application', async () => {
  const { applications, database, stores } = setUp();
  const { id } = await applications.create({ name: 'a' });
  const hold = stores.faults.hold('applications.delete');
  const deleting = applications.delete(id);
  await hold.reached;
  await applications.createKey({ name: 'k', role: 'APPLICATION', applicationId: id });
  hold.release();
  await deleting;
  for (const { apiKey } of database.apiKeys.values()) assert.ok(apiKey.revokedAt !== null);
});

test('a key is shown once; the store has its hash', async () => {
  const { applications, database } = setUp();
  const { key, apiKey } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  assert.ok(isApiKeyShaped(key));
  assert.equal(apiKey.hint, key.slice(0, 8));
  const stored = database.apiKeys.get(apiKey.id);
  assert.equal(stored?.hash, hashApiKey(key));
  assert.equal(JSON.stringify(stored).includes(key), false);
});

test('a key of an application needs one, and the others must not have one', async () => {
  const { applications, database } = setUp();
  const { id } = await applications.create({ name: 'a' });
  const refused = { code: 'INVALID_INPUT', field: 'application' };
  await assert.rejects(applications.createKey({ name: 'k', role: 'APPLICATION', applicationId: null }), refused);
  await assert.rejects(applications.createKey({ name: 'k', role: 'ADMIN', applicationId: id }), refused);
  const unknown = applications.createKey({ name: 'k', role: 'APPLICATION', applicationId: 'app_none' });
  await assert.rejects(unknown, { code: 'NOT_FOUND', field: 'application' });
  await assert.rejects(applications.createKey({ name: '', role: 'READER', applicationId: null }), { field: 'name' });
  assert.equal(database.apiKeys.size, 0);
});

test('revoking twice keeps the first instant', async () => {
  const { applications, clock, done } = setUp();
  const { apiKey } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  const first = await applications.revokeKey(apiKey.id);
  await clock.advance(1000);
  assert.deepEqual(await applications.revokeKey(apiKey.id), first);
  assert.deepEqual(done, ['revoked', 'revoked']);
});

test('that an application exists is remembered for two seconds, that it does not is not', async () => {
  const { applications, clock, stores } = setUp();
  assert.equal(await applications.exists('app_x'), false);
  const { id } = await applications.create({ name: 'a' });
  assert.equal(await applications.exists(id), true);
  const looked = stores.faults.calls.get('applications.get');
  await clock.advance(1999);
  assert.equal(await applications.exists(id), true);
  assert.equal(stores.faults.calls.get('applications.get'), looked);
  await createMemoryStores().applications.delete(id);
  await stores.applications.delete(id);
  await clock.advance(1);
  assert.equal(await applications.exists(id), false);
});

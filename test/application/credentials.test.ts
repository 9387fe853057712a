// Credentials: who a key is, how long an answer is remembered, and what never appears anywhere.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApplications } from '../../src/application/applications.js';
import { createCredentials } from '../../src/application/credentials.js';
import { createLog } from '../../src/log.js';
import { Problem } from '../../src/problem.js';
import { createFakeClock, settle } from '../kit/fake-clock.js';
import { createFakeNewId, createFakeRandomBytes } from '../kit/fake-random.js';
import { createMemoryStores } from '../kit/memory-stores.js';

const adminKey = 'crl_the-key-of-the-settings';

function setUp() {
  const stores = createMemoryStores();
  const clock = createFakeClock();
  const credentials = createCredentials({ store: stores.apiKeys, adminKey, clock });
  const applications = createApplications({
    store: stores.applications,
    keys: stores.apiKeys,
    clock,
    newId: createFakeNewId(),
    randomBytes: createFakeRandomBytes(),
    onRevoked: () => credentials.forget(),
    deleteOwned: async () => undefined,
  });
  const lookUps = (): number => stores.faults.calls.get('apiKeys.findByHash') ?? 0;
  return { stores, clock, credentials, applications, lookUps };
}
const isWrong = { name: 'Problem', code: 'UNAUTHENTICATED' };

test('the key of the settings is an administrator, without a look-up', async () => {
  const { credentials, lookUps } = setUp();
  const caller = await credentials.authenticate(`Bearer ${adminKey}`);
  assert.deepEqual(caller, { role: 'ADMIN', applicationId: null, apiKeyId: null, expiresAt: null });
  assert.equal(lookUps(), 0);
});

test('a made key has the role and the application it was made with', async () => {
  const { credentials, applications } = setUp();
  const application = await applications.create({ name: 'Shop' });
  const { key, apiKey } = await applications.createKey({
    name: 'k',
    role: 'APPLICATION',
    applicationId: application.id,
  });
  assert.deepEqual(await credentials.authenticate(`Bearer ${key}`), {
    role: 'APPLICATION',
    applicationId: application.id,
    apiKeyId: apiKey.id,
    expiresAt: null,
  });
});

test('a key with an end is worthless from then on, also while it is remembered', async () => {
  const { credentials, applications, clock } = setUp();
  const expiresAt = new Date(clock.now().getTime() + 500);
  const { key } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null, expiresAt });
  assert.deepEqual((await credentials.authenticate(`Bearer ${key}`)).expiresAt, expiresAt);
  await clock.advance(499);
  await credentials.authenticate(`Bearer ${key}`);
  await clock.advance(1);
  await assert.rejects(credentials.authenticate(`Bearer ${key}`), isWrong);
  await clock.advance(5000);
  await assert.rejects(credentials.authenticate(`Bearer ${key}`), isWrong);
  await assert.rejects(
    applications.createKey({ name: 'k', role: 'READER', applicationId: null, expiresAt: clock.now() }),
    { code: 'INVALID_INPUT', field: 'expiresAt' },
  );
});

test('what was revoked since an instant is listed, whoever revoked it', async () => {
  const { credentials, applications, clock } = setUp();
  const make = async () => (await applications.createKey({ name: 'k', role: 'READER', applicationId: null })).apiKey.id;
  const [early, late] = [await make(), await make()];
  await make();
  await applications.revokeKey(early);
  await clock.advance(1000);
  const since = clock.now();
  await applications.revokeKey(late);
  assert.deepEqual(await credentials.revokedSince(since), [late]);
});

test('the scheme may be written in any case and be followed by several blanks', async () => {
  const { credentials } = setUp();
  for (const value of [`bearer ${adminKey}`, `BEARER   ${adminKey}`])
    assert.equal((await credentials.authenticate(value)).role, 'ADMIN');
});

for (const value of [
  undefined,
  null,
  7,
  {},
  [],
  '',
  'Bearer',
  'Bearer ',
  adminKey,
  `Basic ${adminKey}`,
  `Bearer ${adminKey} x`,
  `Bearer ${'x'.repeat(513)}`,
  ` Bearer ${adminKey}`,
  `Bearer ${adminKey}\nBearer x`,
]) {
  test(`${JSON.stringify(value)?.slice(0, 40)} is no credential`, async () => {
    const { credentials, lookUps } = setUp();
    await assert.rejects(credentials.authenticate(value), isWrong);
    assert.equal(lookUps(), 0);
  });
}

test('every wrong key gets the same answer, and one that is not of our shape costs no look-up', async () => {
  const { credentials, applications, lookUps } = setUp();
  const { key, apiKey } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  await applications.revokeKey(apiKey.id);
  const messages = new Set<string>();
  for (const wrong of ['x', 'crl_short', `crl_${'A'.repeat(43)}`, key, key.toLowerCase(), `${adminKey}x`])
    await assert.rejects(credentials.authenticate(`Bearer ${wrong}`), (error) => {
      assert.ok(error instanceof Problem && error.code === 'UNAUTHENTICATED');
      messages.add(error.message);
      return true;
    });
  assert.equal(messages.size, 1);
  assert.equal(lookUps(), 3);
});

test('a key is looked up once in a while only', async () => {
  const { credentials, applications, clock, lookUps } = setUp();
  const { key } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  for (let index = 0; index < 5; index += 1) await credentials.authenticate(`Bearer ${key}`);
  assert.equal(lookUps(), 1);
  await clock.advance(1500);
  await credentials.authenticate(`Bearer ${key}`);
  assert.equal(lookUps(), 2);
});

test('a revoked key is worthless at once on this node and within two seconds on others', async () => {
  const { credentials, applications, stores, clock } = setUp();
  const elsewhere = createCredentials({ store: stores.apiKeys, adminKey, clock });
  const { key, apiKey } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  await credentials.authenticate(`Bearer ${key}`);
  await elsewhere.authenticate(`Bearer ${key}`);
  await applications.revokeKey(apiKey.id);
  await assert.rejects(credentials.authenticate(`Bearer ${key}`), isWrong);
  await clock.advance(2000);
  await assert.rejects(elsewhere.authenticate(`Bearer ${key}`), isWrong);
});

test('a look-up that was under way when the key was revoked is not remembered', async () => {
  const { credentials, applications, stores } = setUp();
  const { key, apiKey } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  const hold = stores.faults.hold('apiKeys.findByHash', 'after');
  const early = credentials.authenticate(`Bearer ${key}`);
  await hold.reached;
  await applications.revokeKey(apiKey.id);
  hold.release();
  await early;
  await assert.rejects(credentials.authenticate(`Bearer ${key}`), isWrong);
});

test('who listens is called after keys were forgotten, and forgetting waits for all of them', async () => {
  const { credentials, applications, clock } = setUp();
  const { key, apiKey } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  await credentials.authenticate(`Bearer ${key}`);
  const acts: string[] = [];
  credentials.onForget(async () => {
    await assert.rejects(credentials.authenticate(`Bearer ${key}`), isWrong);
    acts.push('one');
  });
  credentials.onForget(async () => {
    await new Promise<void>((resolve) => clock.after(100, resolve));
    acts.push('two');
  });
  const revoking = applications.revokeKey(apiKey.id);
  await settle();
  assert.deepEqual(acts, ['one']);
  await clock.advance(100);
  await revoking;
  assert.deepEqual(acts, ['one', 'two']);
});

test('wrong keys are not remembered, and ten thousand right ones are the most', async () => {
  const { credentials, stores } = setUp();
  await assert.rejects(credentials.authenticate(`Bearer crl_${'A'.repeat(43)}`), isWrong);
  const kept = { ...stores.apiKeys };
  let lookUps = 0;
  Object.assign(stores.apiKeys, {
    findByHash: async (hash: string) => {
      lookUps += 1;
      const found = await kept.findByHash(hash);
      const apiKey = { id: 'key_1', name: 'k', role: 'READER', applicationId: null, hint: '', createdAt: new Date(0) };
      return found ?? { ...apiKey, revokedAt: null };
    },
  });
  const keyOf = (index: number): string => `Bearer crl_${String(index).padStart(43, 'A')}`;
  for (let index = 0; index <= 10_000; index += 1) await credentials.authenticate(keyOf(index));
  await credentials.authenticate(keyOf(10_000));
  assert.equal(lookUps, 10_001);
  await credentials.authenticate(keyOf(0));
  assert.equal(lookUps, 10_002);
});

test('a database that does not answer is its own error, not a wrong key', async () => {
  const { credentials, applications, stores } = setUp();
  const { key } = await applications.createKey({ name: 'k', role: 'READER', applicationId: null });
  stores.faults.failBefore('apiKeys.findByHash');
  await assert.rejects(credentials.authenticate(`Bearer ${key}`), { name: 'DatabaseError' });
  await credentials.authenticate(`Bearer ${key}`);
});

test('the text of a key is in no error and in no log line about one', async () => {
  const { credentials } = setUp();
  const lines: string[] = [];
  const log = createLog('trace', { write: (line) => void lines.push(line) });
  const wrong = `crl_${'S'.repeat(43)}`;
  for (const value of [`Bearer ${wrong}`, wrong, `Basic ${wrong}`]) {
    await credentials.authenticate(value).catch((error: unknown) => {
      assert.equal(String(error instanceof Error ? error.stack : error).includes('SSSS'), false);
      log.error('Refused.', { error, authorization: value, request: { authorization: value } });
    });
  }
  await settle();
  assert.equal(lines.length, 3);
  assert.equal(lines.join('').includes('SSSS'), false);
});

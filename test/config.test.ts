// Reading the settings: defaults, every bound, and all mistakes at once.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { ConfigError, readConfig, retentionOf, settingsTable } from '../src/config.js';

const checks = { isNetwork: (text: string) => /^[\d.:a-f]+\/\d+$/.test(text) };
const read = (env: Readonly<Record<string, string | undefined>>) => readConfig(env, checks);

/** What is wrong with these settings, one sentence each. */
function mistakesOf(env: Readonly<Record<string, string>>): readonly string[] {
  try {
    read(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('without any variable the defaults hold', () => {
  assert.deepEqual(read({}), {
    port: 4000,
    host: '127.0.0.1',
    mongodbUri: null,
    dataDir: resolve('data'),
    adminKey: null,
    masterKey: null,
    role: 'all',
    publicHost: null,
    allowNetworks: [],
    catalog: 'public',
    logLevel: 'info',
    maxEventBytes: 262_144,
    maxBodyBytes: 1_572_864,
    eventRetentionDays: 30,
    deliveryRetentionDays: null,
    attemptRetentionDays: null,
    deliveryConcurrency: 256,
    maxSockets: 20_000,
    maxSocketsPerKey: 10_000,
    maxSubscriptionsPerSocket: 100,
    socketMessagesPerSecond: 100,
    socketInitSeconds: 5,
    socketPingSeconds: 15,
    socketSoftBytes: 262_144,
    socketHardBytes: 4_194_304,
    socketStallSeconds: 30,
    drainSeconds: 2,
  });
});

test('an empty variable counts as unset, and the result cannot be changed', () => {
  const table = settingsTable(checks);
  const empty = Object.fromEntries(Object.values(table).map(({ env }) => [env, '']));
  assert.deepEqual(read(empty), read({}));
  assert.ok(Object.isFrozen(read({})));
});

test('each setting is read', () => {
  const key = Buffer.alloc(32, 7);
  const config = read({
    PORT: '0',
    HOST: '::1',
    MONGODB_URI: 'mongodb+srv://db.example.com/carillon',
    CARILLON_DATA_DIR: '/var/lib/carillon',
    CARILLON_ADMIN_KEY: 'x'.repeat(16),
    CARILLON_MASTER_KEY: key.toString('hex'),
    CARILLON_ROLE: 'worker',
    CARILLON_PUBLIC_HOST: 'events.example.com',
    CARILLON_ALLOW_NETWORKS: ' 127.0.0.0/8 , fd00::/8,',
    CARILLON_CATALOG: 'key',
    LOG_LEVEL: 'silent',
    CARILLON_MAX_EVENT_BYTES: '1024',
    CARILLON_MAX_BODY_BYTES: '65536',
    CARILLON_EVENT_RETENTION_DAYS: '4',
    CARILLON_DELIVERY_RETENTION_DAYS: '5',
    CARILLON_ATTEMPT_RETENTION_DAYS: '1',
    CARILLON_DELIVERY_CONCURRENCY: '1',
    CARILLON_MAX_SOCKETS: '1',
    CARILLON_MAX_SOCKETS_PER_KEY: '1',
    CARILLON_MAX_SUBSCRIPTIONS_PER_SOCKET: '1',
    CARILLON_SOCKET_MESSAGES_PER_SECOND: '1',
    CARILLON_SOCKET_INIT_SECONDS: '1',
    CARILLON_SOCKET_PING_SECONDS: '1',
    CARILLON_SOCKET_SOFT_BYTES: '16384',
    CARILLON_SOCKET_HARD_BYTES: '65536',
    CARILLON_SOCKET_STALL_SECONDS: '1',
    CARILLON_DRAIN_SECONDS: '0',
    PATH: '/bin',
  });
  assert.deepEqual(config, {
    port: 0,
    host: '::1',
    mongodbUri: 'mongodb+srv://db.example.com/carillon',
    dataDir: '/var/lib/carillon',
    adminKey: 'x'.repeat(16),
    masterKey: key,
    role: 'worker',
    publicHost: 'events.example.com',
    allowNetworks: ['127.0.0.0/8', 'fd00::/8'],
    catalog: 'key',
    logLevel: 'silent',
    maxEventBytes: 1024,
    maxBodyBytes: 65_536,
    eventRetentionDays: 4,
    deliveryRetentionDays: 5,
    attemptRetentionDays: 1,
    deliveryConcurrency: 1,
    maxSockets: 1,
    maxSocketsPerKey: 1,
    maxSubscriptionsPerSocket: 1,
    socketMessagesPerSecond: 1,
    socketInitSeconds: 1,
    socketPingSeconds: 1,
    socketSoftBytes: 16_384,
    socketHardBytes: 65_536,
    socketStallSeconds: 1,
    drainSeconds: 0,
  });
  assert.deepEqual(read({ CARILLON_MASTER_KEY: key.toString('base64') }).masterKey, key);
});

test('each bound is named, and one step inside it is accepted', () => {
  const bounds: readonly (readonly [env: string, min: number, max: number])[] = [
    ['PORT', 0, 65_535],
    ['CARILLON_MAX_EVENT_BYTES', 1024, 1_048_576],
    ['CARILLON_MAX_BODY_BYTES', 65_536, 16_777_216],
    ['CARILLON_EVENT_RETENTION_DAYS', 4, 3650],
    ['CARILLON_DELIVERY_RETENTION_DAYS', 4, 3650],
    ['CARILLON_ATTEMPT_RETENTION_DAYS', 1, 3650],
    ['CARILLON_DELIVERY_CONCURRENCY', 1, 4096],
    ['CARILLON_MAX_SOCKETS', 1, 1_000_000],
    ['CARILLON_MAX_SOCKETS_PER_KEY', 1, 1_000_000],
    ['CARILLON_MAX_SUBSCRIPTIONS_PER_SOCKET', 1, 10_000],
    ['CARILLON_SOCKET_MESSAGES_PER_SECOND', 1, 100_000],
    ['CARILLON_SOCKET_INIT_SECONDS', 1, 60],
    ['CARILLON_SOCKET_PING_SECONDS', 1, 3600],
    ['CARILLON_SOCKET_SOFT_BYTES', 16_384, 67_108_864],
    ['CARILLON_SOCKET_HARD_BYTES', 65_536, 1_073_741_824],
    ['CARILLON_SOCKET_STALL_SECONDS', 1, 3600],
    ['CARILLON_DRAIN_SECONDS', 0, 4],
  ];
  for (const [env, min, max] of bounds) {
    assert.deepEqual(mistakesOf({ [env]: String(min) }), []);
    assert.deepEqual(mistakesOf({ [env]: String(max) }), []);
    for (const text of [String(max + 1), String(min - 1), '1.5', '1e3', '0x10', ' 5', 'many', '9'.repeat(30)]) {
      assert.deepEqual(mistakesOf({ [env]: text }), [
        `${env} must be a whole number from ${min} to ${max}, got "${text}"`,
      ]);
    }
  }
});

test('each malformed value is one sentence that begins with its variable', () => {
  const wrong: readonly (readonly [env: string, value: string, sentence: RegExp])[] = [
    ['HOST', 'a b', /host name or an address, got "a b"/],
    ['HOST', 'x'.repeat(254), /host name/],
    ['MONGODB_URI', 'localhost:27017', /mongodb:\/\//],
    ['CARILLON_CATALOG', 'all', /one of public, key, off/],
    ['MONGODB_URI', 'mongodb://', /name a host/],
    ['CARILLON_ROLE', 'API', /one of all, api, worker, got "API"/],
    ['LOG_LEVEL', 'verbose', /one of trace, debug, info/],
    ['CARILLON_PUBLIC_HOST', 'https://events.example.com', /DNS name such as .*got "https/],
    ['CARILLON_PUBLIC_HOST', 'events..example', /DNS name/],
    ['CARILLON_PUBLIC_HOST', '-events.example', /DNS name/],
    ['CARILLON_PUBLIC_HOST', 'a b', /DNS name/],
    ['CARILLON_ALLOW_NETWORKS', '10.0.0.0/8,everything', /CIDRs.*got "everything"/],
    ['CARILLON_ADMIN_KEY', 'x'.repeat(15), /16 to 256/],
    ['CARILLON_ADMIN_KEY', 'x'.repeat(257), /16 to 256/],
    ['CARILLON_ADMIN_KEY', `${'x'.repeat(16)} y`, /visible ASCII/],
    ['CARILLON_MASTER_KEY', 'ab'.repeat(31), /32 bytes/],
    ['CARILLON_MASTER_KEY', Buffer.alloc(31).toString('base64'), /32 bytes/],
  ];
  for (const [env, value, sentence] of wrong) {
    const [mistake, ...others] = mistakesOf({ [env]: value });
    assert.deepEqual(others, []);
    assert.match(mistake ?? '', new RegExp(`^${env} must`));
    assert.match(mistake ?? '', sentence);
  }
});

test('a secret that is malformed is not repeated', () => {
  const mistakes = mistakesOf({ CARILLON_ADMIN_KEY: 'hunter2', CARILLON_MASTER_KEY: 'hunter3' });
  assert.equal(mistakes.length, 2);
  assert.doesNotMatch(mistakes.join(), /hunter/);
  const [uri] = mistakesOf({ MONGODB_URI: 'http://user:hunter4@host' });
  assert.doesNotMatch(uri ?? '', /hunter/);
});

test('all mistakes are told at once, misspelt settings included', () => {
  const mistakes = mistakesOf({ PORT: 'x', LOG_LEVEL: 'x', CARILLON_PROT: '1', CARILLON_: '', OTHER: 'x' });
  assert.deepEqual(
    mistakes.map((mistake) => mistake.split(' ')[0]),
    ['PORT', 'LOG_LEVEL', 'CARILLON_PROT', 'CARILLON_'],
  );
  assert.throws(
    () => read({ PORT: 'x', LOG_LEVEL: 'x' }),
    (error) => error instanceof ConfigError && /^wrong settings:\n {2}PORT [^\n]+\n {2}LOG_LEVEL /.test(error.message),
  );
});

test('deliveries are kept as long as events, and attempts as long as deliveries but no longer than 30 days, unless set', () => {
  const days = (env: Readonly<Record<string, string>>): number[] => Object.values(retentionOf(read(env)));
  assert.deepEqual(days({}), [30, 30, 30]);
  assert.deepEqual(days({ CARILLON_EVENT_RETENTION_DAYS: '7' }), [7, 7, 7]);
  assert.deepEqual(days({ CARILLON_EVENT_RETENTION_DAYS: '365' }), [365, 365, 30]);
  assert.deepEqual(days({ CARILLON_DELIVERY_RETENTION_DAYS: '10' }), [30, 10, 10]);
  assert.deepEqual(days({ CARILLON_ATTEMPT_RETENTION_DAYS: '90' }), [30, 30, 90]);
});

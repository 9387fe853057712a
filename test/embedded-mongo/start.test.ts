// Starting and stopping: one owner, stale locks, damaged files, long paths, what survives a restart.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Long, MongoClient, UUID } from 'mongodb';
import { type EmbeddedMongo, EmbeddedMongoError, startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { runProgram } from '../kit/gateway.js';
import { rawCommand, temporaryDir, withStore } from './kit.js';

async function failureOf(action: Promise<EmbeddedMongo>): Promise<EmbeddedMongoError> {
  try {
    await (await action).close();
  } catch (error) {
    if (error instanceof EmbeddedMongoError) return error;
    throw error;
  }
  throw new Error('it started');
}

test('a second start in the same directory says which process has it', async () => {
  const dir = temporaryDir();
  const store = await startEmbeddedMongo({ dataDir: dir.path });
  const error = await failureOf(startEmbeddedMongo({ dataDir: dir.path }));
  assert.equal(error.code, 'DATA_DIR_LOCKED');
  assert.match(error.message, new RegExp(`process ${process.pid}`));
  await store.close();
  await (await startEmbeddedMongo({ dataDir: dir.path })).close();
  dir.remove();
});

test('a lock of another live process is respected', async () => {
  const dir = temporaryDir();
  const other = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  const started = readFileSync(`/proc/${other.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[19];
  writeFileSync(join(dir.path, 'lock'), JSON.stringify({ pid: other.pid, startedAt: started }));
  assert.equal((await failureOf(startEmbeddedMongo({ dataDir: dir.path }))).code, 'DATA_DIR_LOCKED');
  writeFileSync(join(dir.path, 'lock'), JSON.stringify({ pid: other.pid, startedAt: '1' }));
  await (await startEmbeddedMongo({ dataDir: dir.path })).close();
  other.kill('SIGKILL');
  dir.remove();
});

for (const [name, content] of [
  ['of a dead process', JSON.stringify({ pid: 4_194_000, startedAt: '5' })],
  ['of an earlier process with our id', JSON.stringify({ pid: process.pid, startedAt: '5' })],
  ['that is empty', ''],
] as const) {
  test(`a lock ${name} is taken over`, async () => {
    const dir = temporaryDir();
    writeFileSync(join(dir.path, 'lock'), content);
    writeFileSync(join(dir.path, 'mongo.sock'), '');
    await withStore((client) => client.db().collection('a').insertOne({}), dir.path);
    assert.equal(existsSync(join(dir.path, 'lock')), false);
    dir.remove();
  });
}

test('a process that listens in the directory has it, whatever the lock says: ids of another container mean nothing', async () => {
  const dir = temporaryDir();
  const store = await startEmbeddedMongo({ dataDir: dir.path });

  // As another container leaves it: the same id, of a process that started at another time.
  writeFileSync(join(dir.path, 'lock'), JSON.stringify({ pid: 2 ** 22, startedAt: '1' }));
  const child = await runProgram({ CARILLON_DATA_DIR: dir.path, PORT: '0' });
  assert.equal(child.code, 69);
  assert.match(child.stderr, /in use by a process that listens at .*mongo\.sock/);
  const client = await new MongoClient(store.uri).connect();
  assert.equal((await client.db().admin().ping())['ok'], 1);
  await client.close();
  await store.close();
  dir.remove();
});

test('directory and socket are for their owner alone', async () => {
  const dir = temporaryDir();
  const path = join(dir.path, 'deep', 'data');
  const store = await startEmbeddedMongo({ dataDir: path });
  assert.equal(statSync(path).mode & 0o777, 0o700);
  assert.equal(statSync(join(path, 'mongo.sock')).mode & 0o777, 0o600);
  await store.close();
  assert.equal(existsSync(join(path, 'mongo.sock')), false);
  dir.remove();
});

test('a path too long for a socket works all the same', async () => {
  const dir = temporaryDir();
  const path = join(dir.path, 'x'.repeat(100));
  await withStore((client) => client.db().collection('a').insertOne({}), path);
  dir.remove();
});

test('a file in the place of the data directory is refused', async () => {
  const dir = temporaryDir();
  const path = join(dir.path, 'file');
  writeFileSync(path, 'x');
  assert.equal((await failureOf(startEmbeddedMongo({ dataDir: path }))).code, 'DATA_DIR_UNUSABLE');
  dir.remove();
});

for (const [name, damage] of [
  ['garbage', (path: string) => writeFileSync(path, Buffer.alloc(100_000, 0x5a))],
  ['text', (path: string) => writeFileSync(path, 'this is no store')],
  ['half of itself', (path: string) => truncateSync(path, statSync(path).size >> 1)],
  ['its first page', (path: string) => truncateSync(path, 4096)],
] as const) {
  test(`a store file that is ${name} is named as damaged`, async () => {
    const dir = temporaryDir();
    await withStore(async (client) => {
      const collection = client.db().collection('a');
      await collection.insertMany(Array.from({ length: 500 }, (_, n) => ({ n, pad: 'x'.repeat(500) })));
      // a file that lacks only pages of its last transaction is taken for one cut short by a power failure
      await collection.insertOne({});
    }, dir.path);
    damage(join(dir.path, 'store.mdb'));
    const error = await failureOf(startEmbeddedMongo({ dataDir: dir.path }));
    assert.equal(error.code, 'STORE_DAMAGED', error.message);
    assert.match(error.message, /store\.mdb/);
    dir.remove();
  });
}

test('a file system that cannot be written is refused in one line that names the directory', async () => {
  const error = await failureOf(startEmbeddedMongo({ dataDir: '/proc/self/task' }));
  assert.equal(error.code, 'DATA_DIR_UNUSABLE');
  assert.match(error.message, /^the data directory \/proc\/self\/task cannot be used: E[A-Z]+.*$/);
});

test('a platform without Unix sockets is told in one line to set MONGODB_URI', async () => {
  const dir = temporaryDir();
  const platform = Object.getOwnPropertyDescriptor(process, 'platform');
  Object.defineProperty(process, 'platform', { ...platform, value: 'win32' });
  const error = await failureOf(startEmbeddedMongo({ dataDir: dir.path }));
  Object.defineProperty(process, 'platform', { ...platform });
  assert.equal(error.code, 'SOCKET_UNSUPPORTED');
  assert.match(error.message, /^.*Unix sockets.*set MONGODB_URI$/);
  assert.deepEqual(readdirSync(dir.path), []);
  dir.remove();
});

test('a store of a newer format is refused', async () => {
  const dir = temporaryDir();
  mkdirSync(dir.path, { recursive: true });
  const { openStorage } = await import('../../src/embedded-mongo/storage.js');
  const storage = openStorage(join(dir.path, 'store.mdb'));
  await storage.root.put(Buffer.from('format'), Buffer.from('99'));
  await storage.root.close();
  const error = await failureOf(startEmbeddedMongo({ dataDir: dir.path }));
  assert.match(error.message, /format 99/);
  dir.remove();
});

test('a retryable write repeated after a restart is not done again', async () => {
  const dir = temporaryDir();
  const once = { txnNumber: Long.fromNumber(5), lsid: { id: new UUID() } };
  const command = { insert: 'a', documents: [{ _id: 1 }], ...once, $db: 'carillon' };
  const run = () =>
    withStore(async (client, uri) => {
      const reply = await rawCommand(uri, command);
      return [reply['n'], reply['writeErrors'], await client.db().collection('a').countDocuments()];
    }, dir.path);
  assert.deepEqual(await run(), [1, undefined, 1]);
  assert.deepEqual(await run(), [1, undefined, 1]);
  dir.remove();
});

test('a change stream resumes across a restart', async () => {
  const dir = temporaryDir();
  const token = await withStore(async (client) => {
    const collection = client.db().collection<{ _id: number }>('a');
    const stream = collection.watch([], { maxAwaitTimeMS: 20 });
    await stream.tryNext();
    await collection.insertMany([{ _id: 1 }, { _id: 2 }, { _id: 3 }]);
    const first = await stream.next();
    await stream.close();
    return first._id;
  }, dir.path);
  await withStore(async (client) => {
    const collection = client.db().collection<{ _id: number }>('a');
    await collection.insertOne({ _id: 4 });
    const stream = collection.watch<{ _id: number }>([], { resumeAfter: token });
    const ids: unknown[] = [];
    while (ids.length < 3)
      ids.push(((await stream.next()) as unknown as { documentKey: { _id: number } }).documentKey._id);
    assert.deepEqual(ids, [2, 3, 4]);
    await stream.close();
  }, dir.path);
  dir.remove();
});

test('types, indexes and counts survive a restart', async () => {
  const dir = temporaryDir();
  await withStore(async (client) => {
    const collection = client.db().collection('a');
    await collection.createIndex({ n: 1 }, { unique: true });
    await collection.insertMany([{ n: Long.fromNumber(1) }, { n: 2.5 }, { n: 3 }]);
    await collection.deleteOne({ n: 3 });
  }, dir.path);
  await withStore(async (client) => {
    const collection = client.db().collection('a');
    assert.equal(await collection.estimatedDocumentCount(), 2);
    assert.equal((await collection.indexes()).length, 2);
    await assert.rejects(collection.insertOne({ n: 1 }), /E11000/);
  }, dir.path);
  dir.remove();
});

test('closing while clients write finishes what was acknowledged', async () => {
  const dir = temporaryDir();
  const store = await startEmbeddedMongo({ dataDir: dir.path });
  const client = await new MongoClient(store.uri, { serverSelectionTimeoutMS: 200 }).connect();
  let acknowledged = 0;
  const lanes = Array.from({ length: 8 }, async () => {
    for (;;) {
      await client.db().collection('a').insertOne({});
      acknowledged += 1;
    }
  });
  const writing = Promise.allSettled(lanes);
  while (acknowledged < 50) await new Promise((resolve) => setImmediate(resolve));
  await store.close();
  await writing;
  await client.close().catch(() => undefined);
  await withStore(
    async (again) => assert.ok((await again.db().collection('a').countDocuments()) >= acknowledged),
    dir.path,
  );
  dir.remove();
});

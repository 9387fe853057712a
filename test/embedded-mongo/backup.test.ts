// Backups made by the program's own commands while another process writes, and what is refused.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { backUp } from '../../src/embedded-mongo/backup.js';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { runProgram } from '../kit/gateway.js';
import { temporaryDir, withStore } from './kit.js';

const run = (dataDir: string, ...args: string[]) => runProgram({ CARILLON_DATA_DIR: dataDir }, args);

/** Writes pairs to a store without a pause, four at a time; what is acknowledged is counted. */
async function writePairs(uri: string) {
  const client = await new MongoClient(uri).connect();
  const pairs = client.db().collection<{ _id: number; n: number }>('pairs');
  await pairs.createIndex({ n: 1 });
  let next = 0;
  let isOver = false;
  let acknowledged = 0;
  const write = async () => {
    // both documents of a command are written together, so a snapshot has both or none
    for (let i = next++; !isOver; i = next++) {
      await pairs.insertMany([
        { _id: 2 * i, n: 1 },
        { _id: 2 * i + 1, n: -1 },
      ]);
      acknowledged += 2;
    }
  };
  const writing = Promise.all([write(), write(), write(), write()]);
  return {
    pairs,
    acknowledged: () => acknowledged,
    begun: () => next * 2,
    stop: async () => {
      isOver = true;
      await writing;
    },
    close: () => client.close(),
  };
}

test('a backup under load is one moment of the store, with all that was acknowledged before it', async () => {
  const dir = temporaryDir();
  const [data, restored, file] = ['data', 'restored', 'backup'].map((name) => join(dir.path, name)) as [
    string,
    string,
    string,
  ];
  const store = await startEmbeddedMongo({ dataDir: data });
  const load = await writePairs(store.uri);
  let count = 0;
  try {
    while (load.acknowledged() < 200) await new Promise((resolve) => setImmediate(resolve));
    const before = load.acknowledged();
    const made = await run(data, 'backup', file);
    const after = load.begun();
    assert.equal(made.code, 0, made.stderr);
    count = Number(/: (\d+) documents in 1 collections, all checked/.exec(made.stdout)?.[1]);
    assert.ok(count >= before && count <= after, `${before} <= ${count} <= ${after}`);
    assert.match(made.stdout, /master\.key/);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const again = await run(data, 'backup', file);
    assert.deepEqual([again.code, again.stdout], [69, '']);
    assert.match(again.stderr, /^carillon: [^\n]+is there already[^\n]+\n$/);
    const running = await run(data, 'restore', file);
    assert.equal(running.code, 69);
    assert.match(running.stderr, /in use by process/);
  } finally {
    await load.stop();
    await load.close();
    await store.close();
  }
  assert.match((await run(data, 'restore', file)).stderr, /store\.mdb is there already/);
  const back = await run(restored, 'restore', file);
  assert.match(back.stdout, new RegExp(`^Restored .*: ${count} documents`));
  await withStore(async (again) => {
    const found = again.db().collection<{ _id: number; n: number }>('pairs');
    assert.equal(await found.countDocuments({ n: 1 }), count / 2);
    assert.equal((await found.find().hint({ n: 1 }).toArray()).length, count);
  }, restored);
  assert.deepEqual(readdirSync(dir.path).sort(), ['backup', 'data', 'restored']);
  dir.remove();
});

test('backups of a running store are copied by its owner, and take nothing from what it acknowledges', async () => {
  const dir = temporaryDir();
  // Too long for a socket: the link in the data directory leads to it.
  const data = join(dir.path, 'd'.repeat(120));
  const store = await startEmbeddedMongo({ dataDir: data });
  const load = await writePairs(store.uri);
  const backUps = new URL('./back-ups-process.js', import.meta.url);
  try {
    const child = spawn(process.execPath, [fileURLToPath(backUps), data, join(dir.path, 'backup'), '25'], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    await load.stop();
    const ids = await load.pairs.find({}, { projection: { _id: 1 } }).toArray();
    assert.equal(ids.length, load.acknowledged());
    assert.equal(await load.pairs.estimatedDocumentCount(), load.acknowledged());
    // Nobody else opens the file: what lies under its name meanwhile does not matter.
    renameSync(join(data, 'store.mdb'), join(data, 'aside.mdb'));
    writeFileSync(join(data, 'store.mdb'), 'no store');
    const summary = await backUp(data, join(dir.path, 'last'));
    assert.equal(summary.documents, load.acknowledged());
  } finally {
    await load.stop();
    await load.close();
    await store.close();
  }
  dir.remove();
});

test('a copy goes to an absolute path where nothing is yet, and a process that has the store and does not answer is named', async () => {
  const dir = temporaryDir();
  const data = join(dir.path, 'data');
  await withStore(async (client) => {
    const copy = (to: unknown) => client.db('admin').command({ copyStore: 1, to });
    for (const to of ['relative', '', 7, null])
      await assert.rejects(copy(to), /'copyStore\.to' must be an absolute path/);
    writeFileSync(join(dir.path, 'file'), 'text');
    await assert.rejects(copy(join(dir.path, 'file')), /the store could not be copied: .*exists/i);
    assert.equal(readFileSync(join(dir.path, 'file'), 'utf8'), 'text');
    await assert.rejects(copy(join(dir.path, 'none', 'file', '\0')), /could not be copied|must be/);
    rmSync(join(data, 'mongo.sock'));
    const { code, stderr } = await run(data, 'backup', join(dir.path, 'backup'));
    assert.equal(code, 69);
    assert.match(stderr, /was not made: the process that has the store does not listen in /);
  }, data);
  dir.remove();
});

test('a damaged store gives no backup, and a damaged backup no store', async () => {
  const dir = temporaryDir();
  const [data, file] = [join(dir.path, 'data'), join(dir.path, 'backup')];
  await withStore(async (client) => {
    await client
      .db()
      .collection('a')
      .insertMany(Array.from({ length: 100 }, (_, n) => ({ text: `marker-${n}-` })));
  }, data);
  assert.equal((await run(data, 'backup', file)).code, 0);
  const harm = (path: string) => {
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf('marker-50-'); at >= 0; at = bytes.indexOf('marker-50-', at + 1)) bytes[at] = 0x4d;
    writeFileSync(path, bytes);
  };
  harm(join(data, 'store.mdb'));
  harm(file);
  const made = await run(data, 'backup', join(dir.path, 'second'));
  const back = await run(join(dir.path, 'restored'), 'restore', file);
  for (const { code, stderr } of [made, back]) {
    assert.equal(code, 69);
    assert.match(stderr, /was not made: .*table \w+: a record is damaged/);
  }
  assert.equal(existsSync(join(dir.path, 'second')), false);
  assert.deepEqual(readdirSync(join(dir.path, 'restored')), []);
  dir.remove();
});

test('a file that is no backup is refused', async () => {
  const dir = temporaryDir();
  const file = join(dir.path, 'file');
  writeFileSync(file, 'text');
  const { code, stderr } = await run(join(dir.path, 'data'), 'restore', file);
  assert.equal(code, 69);
  assert.match(stderr, /is not a store/);
  assert.equal((await run(join(dir.path, 'data'), 'restore', join(dir.path, 'none'))).code, 69);
  assert.match((await run(join(dir.path, 'none'), 'backup', file)).stderr, /there is no store in/);
  dir.remove();
});

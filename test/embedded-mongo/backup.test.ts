// Backups made by the program's own commands while another process writes, and what is refused.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { runProgram } from '../kit/gateway.js';
import { temporaryDir, withStore } from './kit.js';

const run = (dataDir: string, ...args: string[]) => runProgram({ CARILLON_DATA_DIR: dataDir }, args);

test('a backup under load is one moment of the store, with all that was acknowledged before it', async () => {
  const dir = temporaryDir();
  const [data, restored, file] = ['data', 'restored', 'backup'].map((name) => join(dir.path, name)) as [
    string,
    string,
    string,
  ];
  const store = await startEmbeddedMongo({ dataDir: data });
  const client = await new MongoClient(store.uri).connect();
  const pairs = client.db().collection<{ _id: number; n: number }>('pairs');
  await pairs.createIndex({ n: 1 });
  let next = 0;
  let isOver = false;
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
  let acknowledged = 0;
  const writing = Promise.all([write(), write(), write(), write()]);
  while (acknowledged < 200) await new Promise((resolve) => setImmediate(resolve));
  const before = acknowledged;
  const made = await run(data, 'backup', file);
  const after = next * 2;
  assert.equal(made.code, 0, made.stderr);
  const count = Number(/: (\d+) documents in 1 collections, all checked/.exec(made.stdout)?.[1]);
  assert.ok(count >= before && count <= after, `${before} <= ${count} <= ${after}`);
  assert.match(made.stdout, /master\.key/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const again = await run(data, 'backup', file);
  assert.deepEqual([again.code, again.stdout], [69, '']);
  assert.match(again.stderr, /^carillon: [^\n]+is there already[^\n]+\n$/);
  const running = await run(data, 'restore', file);
  assert.equal(running.code, 69);
  assert.match(running.stderr, /in use by process/);
  isOver = true;
  await writing;
  await client.close();
  await store.close();
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

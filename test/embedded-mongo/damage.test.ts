// Damage inside the file: whatever byte is changed, no document is served that was not written.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { temporaryDir, withStore } from './kit.js';

const count = 300;
const documentOf = (n: number) => ({ _id: n, n, text: `marker-${n}-${'x'.repeat(100)}` });

async function storeFile(dataDir: string): Promise<string> {
  await withStore(async (client) => {
    const collection = client.db().collection<{ _id: number }>('a');
    await collection.createIndex({ n: 1 });
    await collection.insertMany(Array.from({ length: count }, (_, n) => documentOf(n)));
    await client.db().collection<{ _id: number }>('other').insertOne({ _id: 1 });
  }, dataDir);
  return join(dataDir, 'store.mdb');
}

test('a changed byte in a document is told to whoever reads it and to the log, and the rest is served', async () => {
  const dir = temporaryDir();
  const path = await storeFile(dir.path);
  const bytes = readFileSync(path);
  // all copies: a page that was replaced may lie in the file still, and the log has the document too
  for (let at = bytes.indexOf('marker-150-'); at >= 0; at = bytes.indexOf('marker-150-', at + 1)) bytes[at] = 0x4d;
  writeFileSync(path, bytes);
  const warnings: string[] = [];
  const store = await startEmbeddedMongo({ dataDir: dir.path, onWarning: (message) => warnings.push(message) });
  const client = await new MongoClient(store.uri).connect();
  const collection = client.db().collection<{ _id: number }>('a');
  const told = /store\.mdb, table documents: a record is damaged/;
  await assert.rejects(collection.findOne({ _id: 150 }), told);
  await assert.rejects(collection.find().toArray(), told);
  await assert.rejects(collection.updateOne({ _id: 150 }, { $set: { x: 1 } }), told);
  assert.match(warnings[0] ?? '', told);
  assert.deepEqual(await collection.findOne({ _id: 149 }), documentOf(149));
  assert.deepEqual(await client.db().collection<{ _id: number }>('other').findOne(), { _id: 1 });
  await collection.insertOne({ _id: count });
  await client.close();
  await store.close();
  dir.remove();
});

test('whatever byte of the file is changed, what is served was written', async () => {
  const dir = temporaryDir();
  const path = await storeFile(dir.path);
  const copy = join(dir.path, 'copy');
  copyFileSync(path, copy);
  const { length } = readFileSync(path);
  const reader = fileURLToPath(new URL('./damage-child.js', import.meta.url));
  const rounds = 16;
  const seen = { refused: 0, told: 0, unharmed: 0 };
  for (let i = 0; i < rounds; i += 1) {
    const bytes = readFileSync(copy);
    const at = Math.floor((length * (i + Math.random())) / rounds);
    bytes[at] = (bytes[at] ?? 0) ^ (1 << (i % 8));
    writeFileSync(path, bytes);
    const { stdout } = spawnSync(process.execPath, [reader, dir.path], {
      encoding: 'utf8',
      timeout: 30_000,
    });
    const answers = stdout === '' ? [] : (JSON.parse(stdout) as (string | { _id: number }[])[]);
    if (answers.length === 0) seen.refused += 1;
    for (const answer of answers) {
      if (typeof answer === 'string') seen.told += 1;
      else {
        seen.unharmed += 1;
        for (const document of answer) assert.deepEqual(document, documentOf(document._id), `byte ${at}`);
      }
    }
  }
  assert.ok(seen.unharmed > 0, JSON.stringify(seen));
  dir.remove();
});

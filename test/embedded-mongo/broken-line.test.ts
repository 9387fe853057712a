// A client whose connections all break at once, as when a network goes away and comes back.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { MongoClient } from 'mongodb';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';
import { openCutLine } from '../kit/cut-line.js';

test('a client whose line was cut finds back by itself, and watches without a failed heartbeat until then', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'broken-line-'));
  const store = await startEmbeddedMongo({ dataDir: folder });
  const line = await openCutLine(join(folder, 'mongo.sock'), join(folder, 'line.sock'));
  const options = { serverSelectionTimeoutMS: 5000, heartbeatFrequencyMS: 500 };
  const client = new MongoClient(line.uri, options);
  const failures: string[] = [];
  client.on('serverHeartbeatFailed', ({ failure }) => failures.push(failure.message));
  try {
    await client.db().command({ ping: 1 });
    // Watching: several answers to one request.
    for (let beat = 0; beat < 3; beat += 1) await once(client, 'serverHeartbeatSucceeded');
    assert.deepEqual(failures, []);
    const collection = client.db().collection('a');
    const writing = Array.from({ length: 20 }, () => collection.insertOne({}).catch(() => undefined));
    line.cut();
    await once(client, 'serverHeartbeatFailed');
    line.mend();
    await Promise.all(writing);
    assert.equal((await client.db().command({ ping: 1 }))['ok'], 1);
    await collection.insertOne({});
  } finally {
    await client.close();
    await line.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

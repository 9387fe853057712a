// Disks that are full, cannot be written, or are slow: errors are told, nothing acknowledged is lost, reads go on.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { find } from '../../src/embedded-mongo/commands/find.js';
import { insert } from '../../src/embedded-mongo/commands/insert.js';
import { remove } from '../../src/embedded-mongo/commands/update.js';
import { commandOf, withEngine } from './engine-kit.js';
import { temporaryDir, withStore } from './kit.js';

const child = fileURLToPath(new URL('./disk-child.js', import.meta.url));

/** What the child printed, its files limited to so many kilobytes. */
function runWithin(kilobytes: number, dataDir: string): string[] {
  const command = `ulimit -f ${kilobytes}; exec "$@"`;
  const { stdout } = spawnSync('bash', ['-c', command, 'bash', process.execPath, child, dataDir], {
    encoding: 'utf8',
    timeout: 60_000,
  });
  return stdout.split('\n').slice(0, -1);
}

test('a full disk fails the writes of that moment, reads go on, and nothing acknowledged is lost', async () => {
  const dir = temporaryDir();
  const lines = runWithin(1024, dir.path);
  const acknowledged = lines.filter((line) => line.startsWith('i ')).map((line) => Number(line.slice(2)));
  const failed = lines.filter((line) => line.startsWith('failed '));
  assert.equal(failed.length, 5, lines.at(-1));
  assert.match(failed[0] ?? '', /could not be committed: .*File too large/);
  assert.ok(acknowledged.length > 100, String(acknowledged.length));
  assert.equal(lines.at(-1), `read ${acknowledged.length}`);
  await withStore(async (client) => {
    const collection = client.db().collection<{ _id: number }>('a');
    const ids = (await collection.find().hint({ pad: 1 }).toArray()).map(({ _id }) => _id);
    assert.deepEqual(new Set(ids), new Set(acknowledged));
    assert.equal(await collection.estimatedDocumentCount(), acknowledged.length);
    await collection.insertOne({ _id: -1 });
  }, dir.path);
  dir.remove();
});

test('a disk that takes nothing is told at start, in one line that names the directory', () => {
  const dir = temporaryDir();
  const lines = runWithin(0, dir.path);
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^refused EmbeddedMongoError: the data directory \S+ cannot be used: EFBIG/);
  dir.remove();
});

test('a slow disk delays what it must keep, and no reader', async () => {
  await withEngine(async (engine) => {
    await insert(commandOf({ insert: 'a', documents: [{ _id: 1 }] }), engine);
    const { root } = engine.storage;
    let flush: (() => void) | undefined;
    const slow = new Promise<void>((resolve) => (flush = resolve));
    Object.defineProperty(root, 'flushed', { get: () => slow, configurable: true });
    const told: string[] = [];
    const writing = insert(commandOf({ insert: 'a', documents: [{ _id: 2 }] }), engine).then(() => told.push('write'));
    for (let i = 0; i < 20; i += 1) {
      await find(commandOf({ find: 'a', filter: { _id: 1 } }), engine);
      await new Promise((resolve) => setImmediate(resolve));
    }
    told.push('reads');
    assert.ok(engine.oplog.durable < engine.oplog.last);
    flush?.();
    await writing;
    assert.deepEqual(told, ['reads', 'write']);
    assert.equal(engine.oplog.durable, engine.oplog.last);
  });
});

test('the space of what was deleted is used again', async () => {
  await withEngine(async (engine) => {
    const path = (engine.storage.root as unknown as { path: string }).path;
    const round = async () => {
      for (let i = 0; i < 20; i += 1) {
        const documents = Array.from({ length: 100 }, (_, n) => ({ _id: i * 100 + n, pad: 'x'.repeat(1000) }));
        await insert(commandOf({ insert: 'a', documents }), engine);
      }
      await remove(commandOf({ delete: 'a', deletes: [{ q: {}, limit: 0 }] }), engine);
      const limits = { maxBytes: 0, maxAgeMs: 0, nowMs: Date.now() + 1000, limit: 10_000 };
      await engine.writer.run(function* () {
        engine.oplog.prune(limits);
        yield;
      });
    };
    for (let i = 0; i < 3; i += 1) await round();
    const { size } = statSync(path);
    for (let i = 0; i < 10; i += 1) await round();
    // ten rounds wrote more than 40 MB of documents and log
    assert.ok(statSync(path).size < size * 1.5, `${statSync(path).size} from ${size}`);
  });
});

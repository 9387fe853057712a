// The wire protocol at its edges: mutated, cut, oversized and pipelined messages, clients that do not read.
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { deserialize, serialize } from 'bson';
import { Long, UUID } from 'mongodb';
import { message, openSocket, withStore } from './kit.js';

/** Sends bytes and gives what came back until the server closed, or fell silent for `quietMs`. */
async function exchange(uri: string, bytes: Buffer, quietMs = 15): Promise<Buffer> {
  const socket = await openSocket(uri);
  const chunks: Buffer[] = [];
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    let timer = setTimeout(resolve, quietMs);
    socket.on('data', (chunk) => {
      chunks.push(chunk);
      clearTimeout(timer);
      timer = setTimeout(resolve, quietMs);
    });
    socket.on('close', () => resolve());
    socket.write(bytes);
  });
  socket.destroy();
  return Buffer.concat(chunks);
}

/** An OP_MSG whose documents follow as a sequence of their own. */
function withSequence(command: object, name: string, documents: readonly object[]): Buffer {
  const head = message(command);
  const content = Buffer.concat([Buffer.from(`${name}\0`), ...documents.map((each) => Buffer.from(serialize(each)))]);
  const section = Buffer.alloc(5);
  section[0] = 1;
  section.writeInt32LE(4 + content.length, 1);
  const whole = Buffer.concat([head, section, content]);
  whole.writeInt32LE(whole.length, 0);
  return whole;
}

/** The OP_QUERY that opens a connection. */
function query(command: object): Buffer {
  const body = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from('admin.$cmd\0'),
    Buffer.alloc(8),
    Buffer.from(serialize(command)),
  ]);
  const header = Buffer.alloc(16);
  header.writeInt32LE(16 + body.length, 0);
  header.writeInt32LE(2004, 12);
  return Buffer.concat([header, body]);
}

const seeds = [
  message({ ping: 1, $db: 'admin' }),
  message({ insert: 'fuzz', documents: [{ a: 1, b: 'text', c: [1, { d: 2 }] }], $db: 'test' }),
  message({
    find: 'fuzz',
    filter: { a: { $gte: 1, $in: [1, 2] }, $or: [{ b: /x/ }, { c: { $elemMatch: { d: 2 } } }] },
    sort: { a: 1 },
    $db: 'test',
  }),
  message({
    update: 'fuzz',
    updates: [{ q: { a: 1 }, u: { $set: { 'c.$[]': 1 }, $push: { e: { $each: [1], $slice: 2 } } }, multi: true }],
    $db: 'test',
  }),
  message({ findAndModify: 'fuzz', query: { a: 1 }, update: { $inc: { a: 1 } }, upsert: true, $db: 'test' }),
  message({
    aggregate: 'fuzz',
    pipeline: [{ $match: { a: 1 } }, { $group: { _id: '$a', n: { $sum: 1 } } }],
    cursor: {},
    $db: 'test',
  }),
  message({ getMore: Long.fromNumber(5), collection: 'fuzz', maxTimeMS: 5, $db: 'test' }),
  message({
    aggregate: 'fuzz',
    pipeline: [{ $changeStream: { fullDocument: 'updateLookup' } }],
    cursor: {},
    $db: 'test',
  }),
  message({ distinct: 'fuzz', key: 'c.d', query: { b: { $not: { $size: 2 } } }, $db: 'test' }),
  message({
    delete: 'fuzz',
    deletes: [{ q: { _id: { $in: [1, 2] } }, limit: 0 }],
    lsid: { id: new UUID() },
    $db: 'test',
  }),
  withSequence({ insert: 'fuzz', $db: 'test' }, 'documents', [{ a: 1 }, { b: [new Date(0), null] }]),
  query({ hello: 1 }),
  message({ createIndexes: 'fuzz', indexes: [{ key: { a: 1 }, name: 'a_1' }], $db: 'test' }),
];

function mutate(seed: Buffer): Buffer {
  const bytes = Buffer.from(seed);
  for (let i = randomInt(1, 6); i > 0; i -= 1) bytes[randomInt(0, bytes.length)] = randomInt(0, 256);
  return randomInt(0, 5) === 0 ? bytes.subarray(0, randomInt(1, bytes.length)) : bytes;
}

const messages = Number(process.env['FUZZ_MESSAGES'] ?? 5000);

test(`${messages} mutated messages neither crash nor hang the server, and its memory stays bounded`, async () => {
  await withStore(async (client, uri) => {
    const lane = async (count: number) => {
      for (let i = 0; i < count; i += 1) await exchange(uri, mutate(seeds[randomInt(0, seeds.length)] as Buffer));
    };
    const lanes = (count: number) => Promise.all(Array.from({ length: 20 }, () => lane(count / 20)));
    await lanes(1000);
    const before = process.memoryUsage.rss();
    await lanes(messages - 1000);
    const grownMb = (process.memoryUsage.rss() - before) / 1_048_576;
    assert.equal((await client.db().admin().ping())['ok'], 1);
    assert.ok(grownMb < 200, `${grownMb} MB more`);
  });
});

test('pipelined requests are answered in their order', async () => {
  await withStore(async (_client, uri) => {
    const requests = Array.from({ length: 50 }, (_, i) =>
      message(i % 2 ? { ping: 1, $db: 'admin' } : { insert: 'a', documents: [{ i }], $db: 'test' }, i + 1),
    );
    const answer = await exchange(uri, Buffer.concat(requests), 300);
    const answered: number[] = [];
    for (let at = 0; at < answer.length; at += answer.readInt32LE(at)) answered.push(answer.readInt32LE(at + 8));
    assert.deepEqual(
      answered,
      requests.map((_, i) => i + 1),
    );
  });
});

test('a request that comes byte by byte is answered', async () => {
  await withStore(async (_client, uri) => {
    const socket = await openSocket(uri);
    const reply = new Promise<Buffer>((resolve) => socket.once('data', resolve));
    for (const byte of message({ ping: 1, $db: 'admin' })) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    assert.equal(deserialize((await reply).subarray(21))['ok'], 1);
    socket.destroy();
  });
});

test('a message that says it is too long closes the connection', async () => {
  await withStore(async (_client, uri) => {
    const huge = message({ ping: 1, $db: 'admin' });
    huge.writeInt32LE(2_000_000_000, 0);
    assert.equal((await exchange(uri, huge, 1000)).length, 0);
  });
});

test('a client that does not read holds nobody else up, and what waits for it is bounded', async () => {
  await withStore(async (client, uri) => {
    await client
      .db('test')
      .collection('big')
      .insertMany(Array.from({ length: 50 }, () => ({ pad: 'x'.repeat(200_000) })));
    const socket = await openSocket(uri);
    socket.pause();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 100; i += 1) socket.write(message({ find: 'big', batchSize: 1000, $db: 'test' }, i));
    const started = performance.now();
    for (let i = 0; i < 20; i += 1) await client.db().admin().ping();
    assert.ok(performance.now() - started < 3000);
    assert.ok(process.memoryUsage.rss() - before < 400 * 1024 * 1024);
    socket.destroy();
  });
});

test('a long scan does not keep others waiting', async () => {
  await withStore(async (client) => {
    const collection = client.db().collection('many');
    const batch = Array.from({ length: 1000 }, (_, n) => ({ n, text: `some text ${n}` }));
    for (let i = 0; i < 60; i += 1) await collection.insertMany(batch.map((each) => ({ ...each })));
    let isDone = false;
    const scan = collection.countDocuments({ text: /nothing like this$/ }).then(() => {
      isDone = true;
    });
    const waits: number[] = [];
    while (!isDone) {
      const started = performance.now();
      await client.db().admin().ping();
      waits.push(performance.now() - started);
    }
    await scan;
    assert.ok(
      waits.length > 2 && (waits.sort((a, b) => a - b)[Math.floor(waits.length / 2)] as number) < 50,
      String(waits),
    );
  });
});

test('a regular expression that would make others go back without end takes a moment', async () => {
  await withStore(async (client) => {
    const collection = client.db().collection('text');
    await collection.insertOne({ text: 'a'.repeat(50_000) });
    const started = performance.now();
    for (const pattern of ['(a+)+$x', '^(a|a)*b', '(a*)*c', 'a*a*a*a*b'])
      assert.equal(await collection.countDocuments({ text: { $regex: pattern } }), 0);
    assert.ok(performance.now() - started < 5000);
    await assert.rejects(collection.findOne({ text: /(a)\1/ }), /needs backtracking/);
  });
});

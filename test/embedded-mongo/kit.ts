// What the tests of the embedded store share: temporary directories, a running store, documents of any kind. No cases live here.
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Document, deserialize, serialize } from 'bson';
import fc from 'fast-check';
import { Decimal128, Double, Int32, Long, MaxKey, MinKey, MongoClient, ObjectId, Timestamp } from 'mongodb';
import { BsonType, Value } from '../../src/embedded-mongo/bson-raw.js';
import { startEmbeddedMongo } from '../../src/embedded-mongo/start.js';

/** A new directory, removed by `remove`. */
export function temporaryDir(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'store-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Runs `use` against a store in `dataDir` (or a temporary one) and closes both afterwards. */
export async function withStore<T>(
  use: (client: MongoClient, uri: string) => Promise<T>,
  dataDir?: string,
): Promise<T> {
  const dir = dataDir === undefined ? temporaryDir() : undefined;
  const store = await startEmbeddedMongo({ dataDir: dataDir ?? dir?.path ?? '' });
  const client = await new MongoClient(store.uri).connect();
  try {
    return await use(client, store.uri);
  } finally {
    await client.close();
    await store.close();
    dir?.remove();
  }
}

/** A command as an OP_MSG. */
export function message(document: object, requestId = 1): Buffer {
  const body = Buffer.from(serialize(document));
  const header = Buffer.alloc(21);
  header.writeInt32LE(21 + body.length, 0);
  header.writeInt32LE(requestId, 4);
  header.writeInt32LE(2013, 12);
  return Buffer.concat([header, body]);
}

/** A new connection without a driver. */
export function openSocket(uri: string): Promise<Socket> {
  const path = decodeURIComponent(/mongodb:\/\/([^/]+)\//.exec(uri)?.[1] ?? '');
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** The answer to a command as it is sent, without a driver's sessions around it. For short answers. */
export async function rawCommand(uri: string, command: object): Promise<Document> {
  const socket = await openSocket(uri);
  socket.write(message(command));
  const answer = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
  socket.destroy();
  return deserialize(answer.subarray(21));
}

/** A plain value as an undecoded one, by the `bson` package. */
export function undecoded(plain: unknown): Value {
  const document = Buffer.from(serialize({ v: plain }));
  return new Value(BsonType.object, document, 0, document.length).fields()[0]?.[1] as Value;
}

const simple = fc.oneof(
  fc.constantFrom(
    null,
    true,
    false,
    new MinKey(),
    new MaxKey(),
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
    new Double(-0),
  ),
  fc.integer({ min: -20, max: 20 }).map((n) => new Int32(n)),
  fc.double({ noNaN: true }).map((n) => new Double(n)),
  fc.integer({ min: -20, max: 20 }).map((n) => new Double(n / 2)),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((n) => Long.fromBigInt(n)),
  fc
    .tuple(fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }), fc.integer({ min: -40, max: 40 }))
    .map(([c, e]) => Decimal128.fromString(`${c}E${e}`)),
  fc.string({ maxLength: 4 }),
  fc.constantFrom('a', 'a\0', 'ab', 'ä', ''),
  fc.uint8Array({ minLength: 12, maxLength: 12 }).map((bytes) => new ObjectId(bytes)),
  fc.date({ noInvalidDate: true }),
  fc.tuple(fc.nat(), fc.nat()).map(([t, i]) => new Timestamp({ t, i })),
  fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
);

/** Any BSON value, arrays and documents included. */
export const anyValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 2, withCrossShrink: true },
    simple,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  ),
})).value;

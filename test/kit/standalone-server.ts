// A fake: answers like a MongoDB server that is no member of a replica set, as far as a driver asks while it connects. The
// real one cannot be installed where the tests run.
import { createServer, type Socket } from 'node:net';
import { BSON } from 'mongodb';

/** A running fake. */
export interface StandaloneServer {
  readonly uri: string;
  close(): Promise<void>;
}

const opReply = 1;
const opQuery = 2004;
const opMessage = 2013;

/** Starts it on a free port. */
export async function startStandaloneServer(): Promise<StandaloneServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    let received = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      while (received.length >= 16 && received.length >= received.readInt32LE(0)) {
        const length = received.readInt32LE(0);
        socket.write(answer(received.subarray(0, length)));
        received = received.subarray(length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return {
    uri: `mongodb://127.0.0.1:${port}/carillon`,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function answer(request: Buffer): Buffer {
  const body = Buffer.from(
    BSON.serialize({
      ok: 1,
      isWritablePrimary: true,
      ismaster: true,
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
      localTime: new Date(0),
      logicalSessionTimeoutMinutes: 30,
      minWireVersion: 0,
      maxWireVersion: 21,
      readOnly: false,
    }),
  );
  const isQuery = request.readInt32LE(12) === opQuery;
  const prefix = isQuery ? Buffer.alloc(20) : Buffer.alloc(5);
  if (isQuery) prefix.writeInt32LE(1, 16);
  const head = Buffer.alloc(16);
  head.writeInt32LE(16 + prefix.length + body.length, 0);
  head.writeInt32LE(request.readInt32LE(4), 8);
  head.writeInt32LE(isQuery ? opReply : opMessage, 12);
  return Buffer.concat([head, prefix, body]);
}

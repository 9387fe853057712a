// The line between gateways and their database, which a test can cut: a proxy on a Unix socket. What passes is not looked at.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A line that can be cut. */
export interface CutLine {
  /** Connection string of the database behind it. */
  readonly uri: string;
  /** Breaks all connections, and every new one until `mend`. */
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** A line to the database behind a socket path, at another path. */
export async function openCutLine(databasePath: string, path: string): Promise<CutLine> {
  const sockets = new Set<Socket>();
  let isCut = false;
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  };
  const server = createServer((socket) => {
    keep(socket);
    if (isCut) return void socket.destroy();
    const onward = connect(databasePath);
    keep(onward);
    socket.pipe(onward).pipe(socket);
    socket.on('close', () => onward.destroy());
    onward.on('close', () => socket.destroy());
  });
  server.listen(path);
  await once(server, 'listening');
  const breakAll = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    uri: `mongodb://${encodeURIComponent(path)}/carillon?directConnection=true`,
    cut() {
      isCut = true;
      breakAll();
    },
    mend() {
      isCut = false;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      breakAll();
      await closed;
    },
  };
}

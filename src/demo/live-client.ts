// A live client as a customer would write it: the graphql-ws library over a socket that is dropped once, and a second
// subscription that goes on behind the last cursor. What is counted is the caller's business.
import { type Client, createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { z } from 'zod';

/** What a live client does. */
export interface LiveClientOptions {
  /** Address of the gateway, `http://…`. */
  readonly url: string;
  readonly key: string;
  /** Events from here on. */
  readonly since: Date;
  /** The socket is cut after this many events. */
  readonly dropAfter: number;
  /** The client comes back when this resolves; called once, when the socket has been cut. */
  readonly beforeResume: () => Promise<void>;
  readonly onEvent: (id: string) => void;
  /** Ends the stream. */
  readonly signal: AbortSignal;
}

/** A client that is connected. */
export interface LiveClient {
  /** Resolves on abort; rejects when the stream ends by itself. */
  readonly ended: Promise<void>;
}

const document = `subscription Live($after: String, $since: DateTime) {
  events(types: ["github.*"], after: $after, since: $since) { id cursor }
}`;

const eventShape = z.object({ events: z.object({ id: z.string(), cursor: z.string() }) });

/** Connects and reads. Resolves once the socket is accepted; rejects when it is not. */
export async function startLiveClient(options: LiveClientOptions): Promise<LiveClient> {
  const { signal, dropAfter } = options;
  let seen = 0;
  let cursor: string | null = null;

  /** Reads until abort or until `isEnough`, then cuts the socket as a broken network would. */
  async function read({ client, cut }: Connected, variables: Variables, isEnough: () => boolean): Promise<void> {
    signal.addEventListener('abort', cut);
    try {
      for await (const { data, errors } of client.iterate({ query: document, variables })) {
        if (errors !== undefined) throw new Error(`the live stream failed: ${JSON.stringify(errors)}`);
        const { events } = eventShape.parse(data);
        cursor = events.cursor;
        seen += 1;
        options.onEvent(events.id);
        if (!isEnough()) continue;
        cut();
        return;
      }
      throw new Error('the gateway ended the live stream');
    } catch (error) {
      if (!signal.aborted) throw describeEnd(error);
    } finally {
      signal.removeEventListener('abort', cut);
    }
  }

  async function readAll(first: Connected): Promise<void> {
    await read(first, { since: options.since }, () => seen >= dropAfter);
    if (signal.aborted) return;
    await options.beforeResume();
    await read(await connect(options), { after: cursor }, () => false);
  }

  const ended = readAll(await connect(options));
  // Whoever awaits `ended` later still hears of it.
  ended.catch(() => undefined);
  return { ended };
}

type Variables = Readonly<Record<string, unknown>>;

interface Connected {
  readonly client: Client;
  /** Ends the connection without a word. */
  readonly cut: () => void;
}

/** Resolves when the socket is accepted. The client does not come back by itself: this file says when and where. */
function connect({ url, key, signal }: LiveClientOptions): Promise<Connected> {
  return new Promise((resolve, reject) => {
    const client = createClient({
      url: `${url.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${key}` },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: (error) => reject(describeEnd(error)),
      on: {
        connected(socket) {
          if (socket instanceof WebSocket) resolve({ client, cut: () => socket.terminate() });
        },
      },
    });
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

const closeShape = z.object({ code: z.number(), reason: z.string() }).partial();

/** The library rejects with a close event where a socket ends. */
function describeEnd(error: unknown): Error {
  if (error instanceof Error) return error;
  const { code, reason } = closeShape.catch({}).parse(error);
  return new Error(`the gateway closed the live socket: ${code ?? 'no code'} ${reason ?? ''}`);
}

// One stream of server-sent events: the response it goes into, the sink for the hub, and the operations that run on it. Which
// requests make one is event-stream-routes.ts.
import type { ServerResponse } from 'node:http';
import type { ExecutionResult, GraphQLFormattedError } from 'graphql';
import type { Clock } from '../clock.js';
import { type Batch, toBytes } from '../live/frames.js';
import type { EndReason, Session } from '../live/sessions.js';
import type { Sink } from '../live/sink.js';
import type { LiveStream } from './live-operations.js';

/** A stream, open or reserved. */
export interface EventStream {
  readonly session: Session;
  readonly sink: Sink;
  readonly isOpen: boolean;
  /** True once it has been ended, by whomever. */
  readonly isEnded: boolean;
  /** Takes the response and begins it. */
  open(response: ServerResponse): void;
  /** Keeps a place for an operation; false when its id is taken. */
  reserve(id: string): boolean;
  /** Shows what an operation gives until it ends; `id` is null in distinct connections mode. */
  run(id: string | null, result: ExecutionResult | LiveStream): Promise<void>;
  /** Ends an operation, by its client's wish. */
  complete(id: string): void;
  /** Writes a comment, so that nobody on the way takes it for dead. */
  ping(): void;
  /** Ends the response properly: nothing more will come. */
  finish(): void;
}

/** What a stream needs. */
export interface EventStreamOptions {
  readonly id: string;
  readonly remoteAddress: string;
  readonly openedAt: Date;
  readonly isSingleConnection: boolean;
  readonly softBytes: number;
  /** An operation that waits longer for its client to read ends the stream, in milliseconds. */
  readonly stallMs: number;
  readonly clock: Clock;
  readonly show: (error: unknown) => GraphQLFormattedError;
  readonly onEnd: () => void;
}

/** A stream without a response yet. */
export function createEventStream(options: EventStreamOptions): EventStream {
  const {
    id: sessionId,
    remoteAddress,
    openedAt,
    isSingleConnection,
    softBytes,
    stallMs,
    clock,
    show,
    onEnd,
  } = options;
  /** Null while an operation is being prepared. */
  const operations = new Map<string, LiveStream | null>();
  let response: ServerResponse | null = null;
  /** What came before the response did; within the soft mark and one result for each operation. */
  let early = '';
  let isEnded = false;
  /** Operations that wait until the client has read more, and what lets them go on. */
  let drained: Promise<void> | null = null;
  let goOn = (): void => undefined;

  function write(text: string): number {
    if (isEnded || response?.destroyed === true) return 0;
    if (response === null) early += text;
    else response.write(text, 'latin1');
    return text.length;
  }

  function end(): void {
    if (isEnded) return;
    isEnded = true;
    for (const operation of operations.values()) void operation?.return(undefined);
    operations.clear();
    goOn();
    onEnd();
  }

  const pendingBytes = (): number => response?.writableLength ?? early.length;

  const sink: Sink = {
    offer(batch: Batch, id: string) {
      if (response === null || pendingBytes() > softBytes) return -1;
      return write(batch.toServerSentEvents(isSingleConnection ? id : null));
    },
    whenDrained: (act) => void (response === null ? waiting.push(act) : response.once('drain', act)),
    closeSlow: () => session.end('SLOW'),
  };
  /** Who waits for the response to come. */
  const waiting: (() => void)[] = [];

  const session: Session = {
    id: sessionId,
    transport: 'SERVER_SENT_EVENTS',
    remoteAddress,
    openedAt,
    get subscriptions() {
      return operations.size;
    },
    get pendingBytes() {
      return pendingBytes();
    },
    end(_reason: EndReason) {
      end();
      // A break and not an end: clients of server-sent events come back after it, and learn then what is wrong.
      response?.destroy();
    },
  };

  /** Lets an operation that the hub does not pace read no more than its client does. */
  async function keepPace(): Promise<void> {
    while (!isEnded && pendingBytes() > softBytes) {
      drained ??= new Promise((resolve) => {
        const stopWaiting = clock.after(stallMs, () => session.end('SLOW'));
        goOn = () => {
          stopWaiting();
          drained = null;
          resolve();
        };
        sink.whenDrained(goOn);
      });
      await drained;
    }
  }

  function tell(event: 'next' | 'complete', id: string | null, payload: unknown): void {
    const data = id === null ? payload : { id, ...(payload === undefined ? {} : { payload }) };
    write(`event: ${event}\ndata: ${data === undefined ? '' : toBytes(JSON.stringify(data))}\n\n`);
  }

  return {
    session,
    sink,
    get isOpen() {
      return response !== null;
    },
    get isEnded() {
      return isEnded;
    },
    open(opened) {
      response = opened;
      opened.on('close', end);
      opened.on('error', end);
      opened.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
      });
      opened.write(`:\n\n${early}`, 'latin1');
      early = '';
      for (const act of waiting.splice(0)) act();
    },
    reserve(id) {
      if (operations.has(id)) return false;
      operations.set(id, null);
      return true;
    },
    async run(id, result) {
      const key = id ?? '';
      if (!('next' in result)) {
        tell('next', id, toShown(result, show));
      } else if (!operations.has(key)) {
        // Ended before it had begun.
        await result.return(undefined);
      } else {
        operations.set(key, result);
        try {
          for await (const one of result) {
            tell('next', id, toShown(one, show));
            await keepPace();
          }
        } catch (error) {
          tell('next', id, { errors: [show(error)] });
        }
      }
      if (operations.delete(key)) tell('complete', id, undefined);
    },
    complete(id) {
      const operation = operations.get(id);
      operations.delete(id);
      void operation?.return(undefined);
    },
    ping: () => void (response === null ? 0 : write(':\n\n')),
    finish() {
      end();
      response?.end();
    },
  };
}

function toShown(
  { data, errors }: ExecutionResult,
  show: (error: unknown) => GraphQLFormattedError,
): ExecutionResult | object {
  if (errors === undefined) return { data };
  return { ...(data === undefined ? {} : { data }), errors: errors.map(show) };
}

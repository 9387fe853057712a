// One HTTP request for one attempt: connects through the guard, sends, reads a bounded answer, within one deadline. What is
// sent, signed, recorded or tried again is decided elsewhere.
import type { ConnectionOptions } from 'node:tls';
import { Agent, type Dispatcher } from 'undici';
import type { CancelTimer, Clock } from '../clock.js';
import type { Method } from '../payload/payload-settings.js';
import type { OutboundGuard } from '../security/outbound-guard.js';
import { timeoutRange } from '../webhook-subscription/delivery-settings.js';
import { createGuardedConnector, type GuardedConnector } from './guarded-connector.js';
import {
  describeError,
  describeFailure,
  describeTimeout,
  type SendFailure,
  type SendProgress,
} from './send-failure.js';
import { createStageWatch, type StageTiming, type StageWatch } from './stage-timing.js';

/** What to send. */
export interface SendRequest {
  readonly url: URL | string;
  /** Default: `POST`. */
  readonly method?: Method | 'OPTIONS';
  /** All headers but `host`, `connection` and `content-length`; lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Deadline of the whole attempt in milliseconds; default: the sender's. */
  readonly timeoutMs?: number;
}

/** What came back: any complete answer, redirects and errors included, or a failure to get one. */
export type SendOutcome =
  | {
      readonly kind: 'response';
      readonly statusCode: number;
      /** Lower-case names; a repeated header is joined with `, `. At most 64, 8 KiB of names and values; the rest is dropped. */
      readonly headers: Readonly<Record<string, string>>;
      /** The start of the body as UTF-8, not decompressed; what is no UTF-8 is replaced by U+FFFD. */
      readonly body: string;
      readonly bodyTruncated: boolean;
      /** Milliseconds from the call to the end of the answer. */
      readonly durationMs: number;
      readonly timing: StageTiming;
      readonly retryAfter: string | null;
    }
  | ({ readonly kind: 'failure'; readonly durationMs: number; readonly timing: StageTiming } & SendFailure);

/** Sends requests over connections that are kept and used again. */
export interface Sender {
  /** Never throws or rejects; settles within the deadline. */
  send(request: SendRequest): Promise<SendOutcome>;
  /**
   * Lets running requests end, then closes all connections; requests from now on fail with `SENDER_CLOSED`, as do those
   * that still run `graceMs` milliseconds from now. Default: no bound but their own deadlines.
   */
  close(graceMs?: number): Promise<void>;
}

/** What a sender is made of. */
export interface SenderOptions {
  readonly guard: OutboundGuard;
  readonly clock: Clock;
  /** Deadline of a request that has none of its own, in milliseconds. Default: 15,000. */
  readonly timeoutMs?: number;
  /** Connecting takes at most this, also when a request has more time. Default: the most that a request may have, 60,000. */
  readonly connectTimeoutMs?: number;
  /** Bytes of an answer that are kept. Default: 16,384. */
  readonly maxResponseBodyBytes?: number;
  /** Connections open at once from which on none is kept for a next request. Default: 1,000. */
  readonly maxKeptConnections?: number;
  /** Certificates trusted instead of the system's. */
  readonly additionalConnectOptions?: Pick<ConnectionOptions, 'ca'>;
}

const maxResponseHeaders = 64;
const maxResponseHeaderBytes = 8192;
/** An answer that is over the bound by this much at most is read to its end, so that its connection can be used again. */
const drainBytes = 65_536;

/** A sender. Never throws. */
export function createSender(options: SenderOptions): Sender {
  const { guard, clock, timeoutMs = 15_000, maxResponseBodyBytes = 16_384, maxKeptConnections = 1000 } = options;
  const { connectTimeoutMs = timeoutRange.max } = options;
  const connections = createGuardedConnector(guard, connectTimeoutMs, options.additionalConnectOptions);
  const agent = new Agent({
    connect: connections.connect,
    // The attempt's own deadline covers both, at the price of one timer.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveMaxTimeout: 60_000,
    maxHeaderSize: 16_384,
  });
  const running = new Set<Attempt>();
  let closing: Promise<void> | null = null;
  let whenIdle: (() => void) | null = null;
  const leave = (attempt: Attempt): void => {
    running.delete(attempt);
    if (running.size === 0) whenIdle?.();
  };

  const finish = async (graceMs: number | undefined): Promise<void> => {
    if (running.size > 0) {
      const idle = new Promise<void>((resolve) => {
        whenIdle = resolve;
      });
      const cancel = graceMs === undefined ? null : clock.after(graceMs, () => abortAll(running));
      await idle;
      cancel?.();
    }
    await agent.destroy();
  };

  return {
    send(request) {
      return new Promise((resolve) => {
        const attempt = new Attempt({ clock, maxBodyBytes: maxResponseBodyBytes, connections }, (outcome) => {
          leave(attempt);
          resolve(outcome);
        });
        running.add(attempt);
        if (closing !== null) return attempt.fail(describeFailure('CONNECT', 'SENDER_CLOSED'));
        const url = typeof request.url === 'string' ? parseUrl(request.url) : request.url;
        if (url === null) return attempt.fail(describeFailure('GUARD', 'URL_INVALID'));
        attempt.start(url.protocol === 'https:', request.timeoutMs ?? timeoutMs);
        const options = {
          origin: url.origin,
          path: url.pathname + url.search,
          method: request.method ?? 'POST',
          headers: request.headers,
          body: request.body.length === 0 ? null : request.body,
          reset: connections.openCount() >= maxKeptConnections,
        } as const;
        connections.timed(attempt.watch, () => void agent.dispatch(options, attempt));
      });
    },
    close(graceMs) {
      closing ??= finish(graceMs);
      return closing;
    },
  };
}

function abortAll(running: ReadonlySet<Attempt>): void {
  for (const attempt of [...running]) attempt.abort();
}

function parseUrl(text: string): URL | null {
  try {
    const url = new URL(text);
    return url.protocol === 'http:' || url.protocol === 'https:' ? url : null;
  } catch {
    return null;
  }
}

interface AttemptOptions {
  readonly clock: Clock;
  readonly maxBodyBytes: number;
  readonly connections: GuardedConnector;
}

/** The course of one attempt: told of each step by the HTTP client, it settles exactly once. */
class Attempt implements Dispatcher.DispatchHandler {
  readonly watch: StageWatch;
  readonly #clock: Clock;
  readonly #maxBodyBytes: number;
  readonly #connections: GuardedConnector;
  readonly #settle: (outcome: SendOutcome) => void;
  readonly #startedMs: number;
  readonly #chunks: Buffer[] = [];
  #receivedBytes = 0;
  #statusCode = 0;
  #headers: Record<string, string> = {};
  #retryAfter: string | null = null;
  #progress: SendProgress = 'CONNECT';
  #isSecure = false;
  #isSettled = false;
  #controller: Dispatcher.DispatchController | null = null;
  #cancelDeadline: CancelTimer | null = null;

  constructor({ clock, maxBodyBytes, connections }: AttemptOptions, settle: (outcome: SendOutcome) => void) {
    this.#clock = clock;
    this.#maxBodyBytes = maxBodyBytes;
    this.#connections = connections;
    this.#settle = settle;
    this.#startedMs = clock.monotonicMs();
    this.watch = createStageWatch(clock);
  }

  start(isSecure: boolean, timeoutMs: number): void {
    this.#isSecure = isSecure;
    this.#cancelDeadline = this.#clock.after(timeoutMs, () => this.#expire());
  }

  fail(failure: SendFailure): void {
    this.#end({ kind: 'failure', ...failure, ...this.#time() });
  }

  abort(): void {
    this.fail(describeFailure(this.#progress, 'SENDER_CLOSED'));
    this.#controller?.abort(new Error('closed'));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    this.#progress = 'FIRST_BYTE';
    this.watch.enter('firstByte');
    // The connection came too late for this attempt: the request must not be written any more.
    if (this.#isSettled) controller.abort(new Error('expired'));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, statusCode: number, headers: ResponseHeaders): void {
    if (statusCode < 200) return;
    this.#progress = 'BODY';
    this.watch.enter('body');
    this.#statusCode = statusCode;
    this.#headers = keepHeaders(headers);
    const retryAfter = headers['retry-after'];
    this.#retryAfter = typeof retryAfter === 'string' ? retryAfter : null;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.#maxBodyBytes - this.#receivedBytes;
    if (room > 0) this.#chunks.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes <= this.#maxBodyBytes + drainBytes) return;
    this.#succeed();
    controller.abort(new Error('enough'));
  }

  onResponseEnd(): void {
    this.#succeed();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isSettled) return;
    const isCutOff = this.#progress === 'FIRST_BYTE' && this.#connections.isUnsent(error);
    this.fail(describeError(error, isCutOff ? 'WRITE' : this.#progress, this.#isSecure));
  }

  #expire(): void {
    // Whoever sends more than is kept has answered, even when he never ends.
    if (this.#receivedBytes > this.#maxBodyBytes) this.#succeed();
    else this.fail(describeTimeout(this.#progress));
    this.#controller?.abort(new Error('expired'));
  }

  #succeed(): void {
    const [first] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#end({
      kind: 'response',
      statusCode: this.#statusCode,
      headers: this.#headers,
      body: body === undefined ? '' : body.toString('utf8'),
      bodyTruncated: this.#receivedBytes > this.#maxBodyBytes,
      ...this.#time(),
      retryAfter: this.#retryAfter,
    });
  }

  #time(): { durationMs: number; timing: StageTiming } {
    return { durationMs: this.#clock.monotonicMs() - this.#startedMs, timing: this.watch.read() };
  }

  #end(outcome: SendOutcome): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    this.#cancelDeadline?.();
    this.#settle(outcome);
  }
}

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

function keepHeaders(headers: ResponseHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  let count = 0;
  let bytes = 0;
  for (const [name, value = ''] of Object.entries(headers)) {
    const text = typeof value === 'string' ? value : value.join(', ');
    count += 1;
    bytes += name.length + text.length;
    if (count > maxResponseHeaders || bytes > maxResponseHeaderBytes) break;
    kept[name] = text;
  }
  return kept;
}

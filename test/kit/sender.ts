// A sender for tests: real sockets to a real receiver; only time and the name service are held still.
import assert from 'node:assert/strict';
import { channel } from 'node:diagnostics_channel';
import { afterEach } from 'node:test';
import type { Clock } from '../../src/clock.js';
import { createSender, type Sender, type SenderOptions, type SendOutcome } from '../../src/delivery/send.js';
import { createOutboundGuard, type ResolveName } from '../../src/security/outbound-guard.js';
import { type Receiver, type ReceiverOptions, startReceiver } from './receiver.js';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Time stands still: `expire` ends every wait of up to that many milliseconds. */
function createStillClock(): Clock & { expire(upToMs?: number): void; waits: number[] } {
  const timers = new Map<() => void, number>();
  const waits: number[] = [];
  return {
    waits,
    now: () => new Date(0),
    monotonicMs: () => 0,
    after(delayMs, run) {
      waits.push(delayMs);
      timers.set(run, delayMs);
      return () => timers.delete(run);
    },
    expire(upToMs = Number.POSITIVE_INFINITY) {
      for (const [run, delayMs] of [...timers]) {
        if (delayMs > upToMs) continue;
        timers.delete(run);
        run();
      }
    },
  };
}

/** A receiver that is closed after the test. */
export async function receiverFor(options?: ReceiverOptions): Promise<Receiver> {
  const receiver = await startReceiver(options);
  closers.push(() => receiver.close());
  return receiver;
}

/** Every name is 127.0.0.1. */
export const resolveToLoopback: ResolveName = (_hostname, callback) =>
  callback(null, [{ address: '127.0.0.1', family: 4 }]);

/** A sender that may reach 127.0.0.1 only, with its clock and a short way to post; closed after the test. */
export function senderFor(options: Partial<SenderOptions> & { resolve?: ResolveName; allowNetworks?: string[] } = {}): {
  sender: Sender;
  clock: ReturnType<typeof createStillClock>;
  post: (url: string, more?: { timeoutMs?: number }) => Promise<SendOutcome>;
} {
  const { resolve = resolveToLoopback, allowNetworks = ['127.0.0.1/32'], ...rest } = options;
  const clock = createStillClock();
  const sender = createSender({ guard: createOutboundGuard({ allowNetworks, resolve }), clock, ...rest });
  closers.push(() => {
    const closed = sender.close(0);
    clock.expire();
    return closed;
  });
  const headers = { 'content-type': 'application/json', 'webhook-id': 'evt_1' };
  return { sender, clock, post: (url, more) => sender.send({ url, headers, body: Buffer.from('{"a":1}'), ...more }) };
}

/** The next message on a channel of the HTTP client: the only sign of how far a request came. */
export function nextOn(name: string): Promise<void> {
  const source = channel(name);
  return new Promise((resolve) => {
    const listen = (): void => {
      source.unsubscribe(listen);
      resolve();
    };
    source.subscribe(listen);
  });
}

/** A turn of the event loop: the HTTP client frees a connection in the turn after its answer. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

/** The answer; fails the test when there is none. */
export function responseOf(outcome: SendOutcome): Extract<SendOutcome, { kind: 'response' }> {
  assert.equal(outcome.kind, 'response', JSON.stringify(outcome));
  return outcome.kind === 'response' ? outcome : assert.fail();
}

/** Stage and code of the failure; fails the test when there is an answer. */
export function failureOf(outcome: SendOutcome): string {
  return outcome.kind === 'failure' ? `${outcome.stage} ${outcome.code}` : assert.fail(JSON.stringify(outcome));
}

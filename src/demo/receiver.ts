// Starts the demo's receiver in another process and hears from it. What it does with a webhook is receiver-process.ts.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** What the parent says to the receiver: the secret that signatures are checked with. */
export const taskShape = z.object({ secret: z.string() });

const reportShape = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('listening'), url: z.string() }),
  z.object({ kind: z.literal('ready') }),
  /** One webhook: its `webhook-id`, when it was there in whole (milliseconds since 1970), whether its signature is right. */
  z.object({ kind: z.literal('received'), id: z.string(), atMs: z.number(), isVerified: z.boolean() }),
]);

/** What the receiver says to its parent. */
export type ReceiverReport = z.infer<typeof reportShape>;

/** One webhook that came in. */
export type ReceivedWebhook = Extract<ReceiverReport, { kind: 'received' }>;

/** A receiver that listens in another process. */
export interface Receiver {
  readonly url: string;
  /** Hands over the secret; resolves when the receiver has it. Without it nothing is verified. */
  verifyWith(secret: string): Promise<void>;
  stop(): Promise<void>;
}

const program = fileURLToPath(new URL('./receiver-process.js', import.meta.url));

/** Starts a receiver; `onReceived` is told of each webhook. Rejects when it ends before it listens, or on abort. */
export async function startReceiver(
  onReceived: (webhook: ReceivedWebhook) => void,
  signal: AbortSignal,
): Promise<Receiver> {
  const child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').catch(() => undefined);
  const waiting = new Map<ReceiverReport['kind'], (report: ReceiverReport) => void>();
  child.on('message', (message) => {
    const report = reportShape.parse(message);
    if (report.kind === 'received') onReceived(report);
    else waiting.get(report.kind)?.(report);
  });

  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };

  function next(kind: ReceiverReport['kind']): Promise<ReceiverReport> {
    return new Promise((resolve, reject) => {
      waiting.set(kind, resolve);
      void ended.then(() => reject(new Error('the receiver ended')));
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  try {
    const report = await next('listening');
    const url = report.kind === 'listening' ? report.url : '';
    return {
      url,
      async verifyWith(secret) {
        const ready = next('ready');
        child.send({ secret } satisfies z.infer<typeof taskShape>);
        await ready;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

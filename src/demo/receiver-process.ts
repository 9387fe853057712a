// The receiver of the demo, run in a process of its own: answers webhooks with 204 and tells its parent what came, and
// whether the `standardwebhooks` library believes the signature. Its parent is receiver.ts.
import { createServer, type IncomingMessage } from 'node:http';
import { Webhook } from 'standardwebhooks';
import { systemClock } from '../clock.js';
import { type ReceiverReport, taskShape } from './receiver.js';

let webhook: Webhook | null = null;

function tell(report: ReceiverReport): void {
  process.send?.(report);
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function isVerified(body: string, { headersDistinct }: IncomingMessage): boolean {
  const one = (name: string): string => headersDistinct[name]?.join() ?? '';
  try {
    webhook?.verify(body, {
      'webhook-id': one('webhook-id'),
      'webhook-timestamp': one('webhook-timestamp'),
      'webhook-signature': one('webhook-signature'),
    });
    return webhook !== null;
  } catch {
    return false;
  }
}

const server = createServer((request, response) => {
  void readBody(request).then(
    (body) => {
      const atMs = systemClock.now().getTime();
      const id = String(request.headers['webhook-id'] ?? '');
      response.writeHead(204).end();
      tell({ kind: 'received', id, atMs, isVerified: isVerified(body, request) });
    },
    // The sender went away in the middle; it will come again.
    () => response.destroy(),
  );
});

process.on('message', (message) => {
  const { secret } = taskShape.parse(message);
  webhook = new Webhook(secret);
  tell({ kind: 'ready' });
});
// Whatever becomes of the parent, nothing of it stays.
process.on('disconnect', () => process.exit());
// An interrupt at the terminal reaches every process; the parent says when it is over.
process.on('SIGINT', () => undefined);

server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  tell({ kind: 'listening', url: `http://127.0.0.1:${port}/webhooks` });
});

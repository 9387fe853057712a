// Health routes: whether the process lives, and whether it should get traffic.
import type { FastifyInstance } from 'fastify';

/** What readiness looks at. */
export interface HealthOptions {
  /** Resolves when the database can be written to; rejects when it cannot. */
  readonly checkStore: () => Promise<unknown>;
  /** True from the moment the process was told to stop. */
  readonly isStopping: () => boolean;
}

/** Milliseconds that the database has to answer. */
const answerWithinMs = 2000;

/** `GET /health/live` (always 200) and `GET /health/ready` (200, or 503 with the reason). No credential needed. */
export function registerHealth(server: FastifyInstance, { checkStore, isStopping }: HealthOptions): void {
  server.get('/health/live', async () => ({ status: 'live' }));
  server.get('/health/ready', async (_request, reply) => {
    if (isStopping()) return reply.code(503).send({ status: 'stopping' });
    const isUp = await Promise.race([checkStore().then(isTrue, isFalse), timeout()]);
    return isUp ? { status: 'ready' } : reply.code(503).send({ status: 'the database cannot be written to' });
  });
}

function timeout(): Promise<boolean> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), answerWithinMs).unref();
  });
}

const isTrue = (): boolean => true;
const isFalse = (): boolean => false;

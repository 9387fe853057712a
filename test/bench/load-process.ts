// The client of the benches, in a process of its own: POSTs bodies over kept connections, so many at a time.
import { Pool } from 'undici';
import { z } from 'zod';
import { answerParent, machineMs } from './child.js';

const taskShape = z.object({
  url: z.string(),
  headers: z.record(z.string(), z.string()),
  /** Sent one after the other, over and over. */
  bodies: z.array(z.string()),
  /** Requests in all. */
  total: z.number(),
  inFlight: z.number(),
  /** Every answer must hold this text; checked on each, since an error is fast too. */
  expected: z.string(),
});

/** What to send. */
export type LoadTask = z.infer<typeof taskShape>;

/** What became of it; instants are `machineMs`. */
export const loadReportShape = z.object({
  startedMs: z.number(),
  firstAnswerMs: z.number(),
  endedMs: z.number(),
  cpuMs: z.number(),
});

const pools = new Map<string, Pool>();

function poolFor(origin: string, inFlight: number): Pool {
  const key = `${origin} ${inFlight}`;
  const known = pools.get(key);
  if (known !== undefined) return known;
  const pool = new Pool(origin, { connections: inFlight, pipelining: 1 });
  pools.set(key, pool);
  return pool;
}

async function load({ url, headers, bodies, total, inFlight, expected }: LoadTask): Promise<unknown> {
  const { origin, pathname } = new URL(url);
  const pool = poolFor(origin, inFlight);
  const startedMs = machineMs();
  const cpuBefore = process.cpuUsage();
  let firstAnswerMs = 0;
  let next = 0;

  async function sendSome(): Promise<void> {
    while (next < total) {
      const body = bodies[next % bodies.length] ?? '';
      next += 1;
      const answer = await pool.request({ path: pathname, method: 'POST', headers, body });
      const text = await answer.body.text();
      if (answer.statusCode >= 300 || !text.includes(expected))
        throw new Error(`${url} answered ${answer.statusCode}: ${text.slice(0, 500)}`);
      if (firstAnswerMs === 0) firstAnswerMs = machineMs();
    }
  }
  await Promise.all(Array.from({ length: inFlight }, sendSome));

  const { user, system } = process.cpuUsage(cpuBefore);
  return { startedMs, firstAnswerMs, endedMs: machineMs(), cpuMs: (user + system) / 1000 };
}

answerParent((question) => load(taskShape.parse(question)));

// Bench `match`: what planning an event costs among 100,000 webhook subscriptions that do not match, against ten of them.
import { setTimeout as sleep } from 'node:timers/promises';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import { createSubscription } from '../../src/demo/gateway-requests.js';
import { type Bench, type BenchOptions, type Measurement, measureByTurns } from './bench.js';
import { type Child, readThreadTimes, startChild, toThreadUse } from './child.js';
import { batch, publishTask } from './deliveries.js';
import { copyLatest, readAnonymousMb, startFilledGateway } from './filled-gateway.js';
import { loadReportShape } from './load-process.js';

const few = 10;
const many = 100_000;

/** Bench `match`. */
export const matchBench: Bench = {
  name: 'match',
  unit: 'CPU microseconds of the main thread for each event, published 100 at a time and planned',
  product: `${many.toLocaleString('en-US')} webhook subscriptions that do not match: of other types, of other patterns, and of the same type with a filter for another value`,
  baseline: `${few} of them`,
  better: 'lower',
  bar: 1.2,
  goal: 1.05,
  run,
};

const quick = { rounds: 7, withinMs: 10_000, events: 8000 };
const full = { rounds: 15, withinMs: 300_000, events: 30_000 };

async function run(options: BenchOptions): Promise<Measurement> {
  const count = options.isQuick ? quick : full;
  const client = startChild('./load-process.js');
  const gateways: GatewayProcess[] = [];
  try {
    const start = async (name: string, subscriptions: number): Promise<GatewayProcess> => {
      const gateway = await startWithSubscriptions(options, name, subscriptions);
      gateways.push(gateway);
      return gateway;
    };
    const sides = { product: await start('many', many), baseline: await start('few', few) };
    const grownMb = (await readAnonymousMb(sides.product.pid)) - (await readAnonymousMb(sides.baseline.pid));
    for (const side of [sides.product, sides.baseline]) await planEvents(side, client, count.events);
    const measured = await measureByTurns(count, async (side) => ({
      value: await planEvents(sides[side], client, count.events),
    }));
    const settings = { subscriptions: many, few, eventsPerRound: count.events, memoryForTheManyMb: grownMb };
    return { ...measured, settings };
  } finally {
    await Promise.all([...gateways.map((gateway) => gateway.stop()), client.stop()]);
  }
}

/** How long after the last acknowledgement planning may go on; it is a matter of milliseconds. */
const settleMs = 300;

async function planEvents(gateway: GatewayProcess, client: Child, events: number): Promise<number> {
  const before = await readThreadTimes(gateway.pid);
  loadReportShape.parse(await client.ask(publishTask(gateway, batch, events / batch)));
  await sleep(settleMs);
  return toThreadUse(before, await readThreadTimes(gateway.pid), events).main;
}

const changes: readonly ((n: number) => Record<string, unknown>)[] = [
  (n) => ({ eventTypes: [`other.type_${n}`], filterJson: null }),
  (n) => ({ eventTypes: [`other_${n % 1000}.*`], filterJson: null }),
  (n) => ({ eventTypes: ['order.*'], filterJson: JSON.stringify({ 'data.customer.id': 1_000_000 + n }) }),
];

async function startWithSubscriptions(options: BenchOptions, name: string, subscriptions: number) {
  return startFilledGateway(options, name, {
    async prepare(gateway) {
      await createSubscription(gateway, 'http://127.0.0.1:9/', ['another.*']);
    },
    async fill(store) {
      await copyLatest(store, 'webhooksubscriptions', subscriptions, (n) => ({
        _id: `sub_${n.toString(16).padStart(24, '0')}`,
        ...changes[n % changes.length]?.(n),
      }));
    },
  });
}

// Deliveries on the clock: events are published to one webhook subscription, and the time runs until the last is recorded.
// What they are compared with is in the benches.
import { z } from 'zod';
import type { GatewayProcess } from '../../src/demo/gateway-process.js';
import { type Child, machineMs, readThreadTimes, toThreadUse } from './child.js';
import { type LoadTask, loadReportShape } from './load-process.js';
import { benchData, benchType } from './stage.js';

/** Events in one mutation, and mutations in flight. */
export const batch = 100;
/** Mutations in flight. */
export const batchesInFlight = 2;

/** Who takes part. */
export interface DeliveryStage {
  readonly gateway: GatewayProcess;
  readonly receiver: Child;
  /** Publishes. */
  readonly client: Child;
}

/** Speed, and where the time went. */
export interface MeasuredDeliveries {
  readonly perSecond: number;
  readonly costs: Readonly<Record<string, number>>;
}

/** What the receiver says when it has got as many as it was to wait for. */
export const countedShape = z.object({ atMs: z.number(), cpuMs: z.number() });

const pendingShape = z.object({ deliveries: z.object({ nodes: z.array(z.object({ id: z.string() })) }) });

/** True while there is a delivery that was not tried yet. */
async function hasPending(gateway: GatewayProcess): Promise<boolean> {
  const { deliveries } = await gateway.ask(
    '{ deliveries(status: PENDING, first: 1) { nodes { id } } }',
    {},
    pendingShape,
  );
  return deliveries.nodes.length > 0;
}

/** Publishes `total` events: one, whose acknowledgement starts the time, and full batches. */
export async function measureDeliveries(
  { gateway, receiver, client }: DeliveryStage,
  total: number,
): Promise<MeasuredDeliveries> {
  const before = await readThreadTimes(gateway.pid);
  const counting = receiver.ask({ kind: 'count', until: total });
  const first = loadReportShape.parse(await client.ask(publishTask(gateway, 1, 1)));
  const publishing = client.ask(publishTask(gateway, batch, (total - 1) / batch));
  const counted = countedShape.parse(await counting);
  while (await hasPending(gateway));
  const endedMs = machineMs();
  const published = loadReportShape.parse(await publishing);
  const elapsedMs = endedMs - first.firstAnswerMs;
  const use = toThreadUse(before, await readThreadTimes(gateway.pid), total);
  return {
    perSecond: (1000 * total) / elapsedMs,
    costs: {
      mainThreadMicrosPerDelivery: use.main,
      storeThreadMicrosPerDelivery: use.busiestOther,
      otherThreadsMicrosPerDelivery: use.rest,
      receiverMicrosPerDelivery: Math.round((1000 * counted.cpuMs) / total),
      publisherMicrosPerDelivery: Math.round((1000 * published.cpuMs) / total),
      publishedAfterPercentOfRound: Math.round((100 * (published.endedMs - first.firstAnswerMs)) / elapsedMs),
      lastReceivedToRecordedMs: Math.round(endedMs - counted.atMs),
    },
  };
}

/** Mutations of so many events each. */
export function publishTask({ url, key }: GatewayProcess, events: number, total: number): LoadTask {
  const query = `mutation PublishEvents($input: PublishEventsInput!) {
    publishEvents(input: $input) { duplicates userErrors { code field message } }
  }`;
  const event = { type: benchType, data: benchData() };
  return {
    url: `${url}/graphql`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
    bodies: [JSON.stringify({ query, variables: { input: { events: Array.from({ length: events }, () => event) } } })],
    total,
    inFlight: Math.min(batchesInFlight, total),
    expected: '"userErrors":[]',
  };
}

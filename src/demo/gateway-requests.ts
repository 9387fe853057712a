// What the demo asks of the gateway's GraphQL API, as a customer would. When and how often is the story in demo.ts.
import { z } from 'zod';
import type { GatewayProcess } from './gateway-process.js';
import type { Arrival } from './report.js';

/** An event to publish. */
export interface Payload {
  readonly type: string;
  readonly data: unknown;
}

const userErrors = z.array(z.object({ code: z.string(), field: z.string().nullable(), message: z.string() }));
type UserErrors = z.infer<typeof userErrors>;

/** Creates an event type. Rejects with what the gateway has against it. */
export async function createEventType(gateway: GatewayProcess, name: string, schema: unknown): Promise<void> {
  const { created } = await gateway.ask(
    `mutation CreateEventType($input: CreateEventTypeInput!) {
      created: createEventType(input: $input) { userErrors { code field message } }
    }`,
    { input: { name, schema } },
    z.object({ created: z.object({ userErrors }) }),
  );
  refuseErrors(created.userErrors);
}

/** Subscribes `url` to event types and answers the signing secret. Rejects with what the gateway has against it. */
export function createSubscription(
  gateway: GatewayProcess,
  url: string,
  eventTypes: readonly string[],
): Promise<string> {
  return subscribe(gateway, { url, eventTypes });
}

/** Subscribes with whatever settings a webhook subscription has, and answers as `createSubscription`. */
export async function subscribe(gateway: GatewayProcess, input: Readonly<Record<string, unknown>>): Promise<string> {
  const { created } = await gateway.ask(
    `mutation CreateWebhookSubscription($input: CreateWebhookSubscriptionInput!) {
      created: createWebhookSubscription(input: $input) { secret userErrors { code field message } }
    }`,
    { input },
    z.object({ created: z.object({ secret: z.string().nullable(), userErrors }) }),
  );
  refuseErrors(created.userErrors);
  return created.secret ?? '';
}

/** Publishes one event and answers its id; null when the data does not match the schema of its type. */
export async function publish(gateway: GatewayProcess, input: Payload): Promise<string | null> {
  const { published } = await gateway.ask(
    `mutation PublishEvent($input: PublishEventInput!) {
      published: publishEvent(input: $input) { event { id } userErrors { code field message } }
    }`,
    { input },
    z.object({ published: z.object({ event: z.object({ id: z.string() }).nullable(), userErrors }) }),
  );
  refuseErrors(published.userErrors.filter(({ code }) => code !== 'DATA_INVALID'));
  return published.event?.id ?? null;
}

/** True while there is a delivery that will be tried, for the first time or again. */
export async function hasUnfinished(gateway: GatewayProcess): Promise<boolean> {
  const page = z.object({ nodes: z.array(z.object({ id: z.string() })) });
  const { pending, retrying } = await gateway.ask(
    `{
      pending: deliveries(status: PENDING, first: 1) { nodes { id } }
      retrying: deliveries(status: RETRYING, first: 1) { nodes { id } }
    }`,
    {},
    z.object({ pending: page, retrying: page }),
  );
  return pending.nodes.length + retrying.nodes.length > 0;
}

const succeededShape = z.object({
  deliveries: z.object({
    nodes: z.array(z.object({ finishedAt: z.string(), event: z.object({ id: z.string() }) })),
    pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
  }),
});

/** All deliveries that succeeded: their events, and when. */
export async function readSucceeded(gateway: GatewayProcess): Promise<Arrival[]> {
  const succeeded: Arrival[] = [];
  let after: string | null = null;
  do {
    const { deliveries }: z.infer<typeof succeededShape> = await gateway.ask(
      `query Succeeded($after: String) {
        deliveries(status: SUCCEEDED, first: 100, after: $after) {
          nodes { finishedAt event { id } }
          pageInfo { hasNextPage endCursor }
        }
      }`,
      { after },
      succeededShape,
    );
    for (const { finishedAt, event } of deliveries.nodes)
      succeeded.push({ id: event.id, atMs: Date.parse(finishedAt) });
    after = deliveries.pageInfo.hasNextPage ? deliveries.pageInfo.endCursor : null;
  } while (after !== null);
  return succeeded;
}

function refuseErrors(errors: UserErrors): void {
  const [first] = errors;
  if (first !== undefined) throw new Error(`the gateway says ${first.code}: ${first.message}`);
}

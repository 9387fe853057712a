// Resolvers of schema/payload.graphql.
import type { Event } from '../event/event.js';
import { Problem } from '../problem.js';
import { ownerOf, type RequestContext } from './context.js';
import { withUserErrors } from './errors.js';
import { maySee } from './event.js';
import type { PreviewDeliveryInput, Resolvers } from './generated.js';
import { chooseOwner } from './webhook-subscription.js';

/** What requests look like. */
export const payloadResolvers: Resolvers = {
  Query: {
    previewDelivery: (_root, { input }, context) =>
      withUserErrors({ request: null, failure: null }, () => previewDelivery(input, context)),
  },
  WebhookSubscription: {
    format: ({ payload }) => payload.format ?? 'STANDARD',
    transform: ({ payload }) =>
      payload.transform === undefined ? null : { jsonata: null, template: null, ...payload.transform },
    method: ({ payload }) => payload.method ?? 'POST',
    contentType: ({ payload }) => payload.contentType ?? null,
  },
};

async function previewDelivery(input: PreviewDeliveryInput, context: RequestContext) {
  const subscription = await chooseSubscription(input, context);
  const event = await chooseEvent(input, context);
  const preview = await context.rooms.previewDelivery(event, subscription);
  if (preview.kind === 'failed') return { request: null, failure: preview };
  const { method, url, headers, body } = preview;
  const request = { method, url, headers: [...headers], body: body.toString('utf8'), bodyBytes: body.length };
  return { request, failure: null };
}

async function chooseSubscription({ webhookSubscription, draft }: PreviewDeliveryInput, context: RequestContext) {
  const { caller, rooms } = context;
  if ((webhookSubscription == null) === (draft == null)) {
    throw new Problem('INVALID_INPUT', 'one of webhookSubscription and draft must be given', { field: 'draft' });
  }
  if (draft != null) {
    try {
      return await rooms.webhookSubscriptions.draft({ ...draft, applicationId: await chooseOwner(draft, context) });
    } catch (error) {
      throw error instanceof Problem ? error.under('draft') : error;
    }
  }
  const found = await rooms.webhookSubscriptions.get(webhookSubscription ?? '', ownerOf(caller));
  if (found !== null) return found;
  throw new Problem('NOT_FOUND', 'there is no such webhook subscription', { field: 'webhookSubscription' });
}

async function chooseEvent(input: PreviewDeliveryInput, { caller, rooms, loaders }: RequestContext): Promise<Event> {
  const { event, eventType, data } = input;
  if ((event == null) === (eventType == null))
    throw new Problem('INVALID_INPUT', 'one of event and eventType must be given', { field: 'event' });
  if (event != null) {
    if (data !== undefined)
      throw new Problem('INVALID_INPUT', 'data is for an example, not for an event', { field: 'data' });
    const found = await loaders.event.load(event);
    if (found !== null && maySee(caller, found)) return found;
    throw new Problem('NOT_FOUND', 'there is no such event', { field: 'event' });
  }
  return await rooms.publisher.example(eventType ?? '', data);
}

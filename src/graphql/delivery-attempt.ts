// Resolvers of schema/delivery-attempt.graphql.
import { maxRequestBodyBytes } from '../delivery/attempt-record.js';
import { classOf, type DeliveryAttempt } from '../delivery/delivery.js';
import { type Page, readPageArguments, toConnection } from '../paging.js';
import { standardFormat } from '../payload/standard.js';
import { Problem } from '../problem.js';
import { mayTouch } from '../security/access.js';
import type { RequestContext } from './context.js';
import { findDelivery, viewOfDeliveries } from './delivery.js';
import { maySee } from './event.js';
import type { QueryDeliveryAttemptsArgs, Resolvers } from './generated.js';

/** The log of attempts. */
export const deliveryAttemptResolvers: Resolvers = {
  Query: {
    deliveryAttempts: (_root, args, context) => searchAttempts(args, context),
  },
  DeliveryAttempt: {
    delivery: ({ deliveryId }, _args, context) => findDelivery(deliveryId, context),
    async event({ eventId }, _args, { caller, loaders }) {
      const found = await loaders.event.load(eventId);
      return found !== null && maySee(caller, found) ? found : null;
    },
    async webhookSubscription({ subscriptionId }, _args, { caller, loaders }) {
      const found = await loaders.webhookSubscription.load(subscriptionId);
      return found !== null && mayTouch(caller, found.applicationId) ? found : null;
    },
    statusClass: ({ statusCode }) => classOf(statusCode),
    requestHeaders: ({ requestHeaders }) => [...requestHeaders],
    async requestBody(attempt, _args, context) {
      if (attempt.requestBody !== null) return attempt.requestBody;
      const body = await renderBody(attempt, context);
      const text = body === null ? null : cutText(body);
      context.sizes.spend(text?.length ?? 0);
      return text;
    },
    async requestBodyTruncated(attempt, _args, context) {
      if (attempt.requestBody !== null) return attempt.requestBodyTruncated;
      return ((await renderBody(attempt, context))?.length ?? 0) > maxRequestBodyBytes;
    },
    responseHeaders: ({ responseHeaders }) => [...responseHeaders],
  },
};

/** The bytes of an attempt that count as large. */
export const sizeOfAttempt = ({ requestBody, responseBody }: DeliveryAttempt): number =>
  (requestBody?.length ?? 0) + (responseBody?.length ?? 0);

async function searchAttempts(
  args: QueryDeliveryAttemptsArgs,
  { caller, rooms, sizes }: RequestContext,
): Promise<ReturnType<typeof toConnection<DeliveryAttempt>>> {
  const request = readPageArguments(args, 'deliveryAttempts');
  if (args.statusClasses?.length === 0)
    throw new Problem('INVALID_INPUT', 'statusClasses must name at least one class', { field: 'statusClasses' });
  const filter = {
    applicationId: viewOfDeliveries(caller, args.application),
    subscriptionId: args.webhookSubscription,
    eventId: args.event,
    eventType: args.eventType,
    classes: args.statusClasses,
    statusCode: args.statusCode,
    errorStage: args.errorStage,
    errorCode: args.errorCode,
    from: args.from,
    to: args.to,
  };
  let page: Page<DeliveryAttempt> = { items: [], hasNextPage: false };
  await sizes.read(async () => {
    page = await rooms.attempts.search(request, filter);
    return page.items;
  }, sizeOfAttempt);
  return toConnection(page, request, ({ id }) => id);
}

/** What was sent in the format `STANDARD`, made again; null when its event has expired, or when nothing could be made then. */
async function renderBody(
  { eventId, requestHeaders }: DeliveryAttempt,
  { loaders }: RequestContext,
): Promise<Buffer | null> {
  if (requestHeaders.length === 0) return null;
  const event = await loaders.event.load(eventId);
  return event === null ? null : standardFormat.render(event).body;
}

/** The beginning of a body as text, without the part of a character that the bound cuts through. */
function cutText(body: Buffer): string {
  const text = body.subarray(0, maxRequestBodyBytes).toString('utf8');
  return body.length > maxRequestBodyBytes ? text.replace(/\ufffd$/, '') : text;
}

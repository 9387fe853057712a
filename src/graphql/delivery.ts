// Resolvers of schema/delivery.graphql.
import type { Delivery } from '../delivery/delivery.js';
import { checkFirst, readPageArguments, toConnection } from '../paging.js';
import { Problem } from '../problem.js';
import { type Caller, mayTouch } from '../security/access.js';
import { ownerOf, type RequestContext } from './context.js';
import { sizeOfAttempt } from './delivery-attempt.js';
import { withUserErrors } from './errors.js';
import { maySee } from './event.js';
import type { Resolvers, SubscriptionDeliveriesArgs } from './generated.js';

/** Deliveries and their attempts. */
export const deliveryResolvers: Resolvers = {
  Query: {
    async deliveries(_root, args, { caller, rooms }) {
      const request = readPageArguments(args, 'deliveries');
      const page = await rooms.deliveries.list(request, {
        applicationId: viewOfDeliveries(caller, args.application),
        status: args.status,
        eventId: args.event,
        subscriptionId: args.webhookSubscription,
        eventType: args.eventType,
        from: args.from,
        to: args.to,
      });
      return toConnection(page, request, ({ id }) => id);
    },
    delivery: (_root, { id }, context) => findDelivery(id, context),
  },
  Subscription: {
    deliveries: {
      subscribe: (_root, args, { caller, rooms }) =>
        rooms.followDeliveries.follow(selectDeliveries(args, viewOfDeliveries(caller, args.application))),
      resolve(delivery: unknown, _args: unknown, context: RequestContext) {
        context.renew();
        return delivery as Delivery;
      },
    },
  },
  Mutation: {
    retryDelivery: (_root, { input }, context) =>
      withUserErrors({ delivery: null }, async () => ({ delivery: await retryDelivery(input.id, context) })),
    cancelDelivery: (_root, { input }, context) =>
      withUserErrors({ delivery: null }, async () => ({ delivery: await cancelDelivery(input.id, context) })),
  },
  Delivery: {
    async event({ eventId }, _args, { caller, loaders }) {
      const found = await loaders.event.load(eventId);
      return found !== null && maySee(caller, found) ? found : null;
    },
    async webhookSubscription({ subscriptionId }, _args, { caller, loaders }) {
      const found = await loaders.webhookSubscription.load(subscriptionId);
      return found !== null && mayTouch(caller, found.applicationId) ? found : null;
    },
    async attempts(delivery, { first }, { rooms, sizes }) {
      const limit = checkFirst(first);
      return sizes.read(() => rooms.attempts.list(delivery, limit), sizeOfAttempt);
    },
  },
};

/** The application whose deliveries are asked for, null for all. Throws `FORBIDDEN` when one asks for another's. */
export function viewOfDeliveries(caller: Caller, application: string | null | undefined): string | null {
  const owner = ownerOf(caller);
  if (owner === null) return application ?? null;
  if (application == null || application === owner) return owner;
  throw new Problem('FORBIDDEN', 'this key sees the deliveries of its own application only', { field: 'application' });
}

function selectDeliveries(
  { webhookSubscription, event, status, eventType }: Partial<SubscriptionDeliveriesArgs>,
  applicationId: string | null,
): (delivery: Delivery) => boolean {
  return (delivery) =>
    (applicationId === null || delivery.applicationId === applicationId) &&
    (webhookSubscription == null || delivery.subscriptionId === webhookSubscription) &&
    (event == null || delivery.eventId === event) &&
    (status == null || delivery.status === status) &&
    (eventType == null || delivery.eventType === eventType);
}

/** A delivery, if the caller may see it. */
export async function findDelivery(id: string, { caller, rooms }: RequestContext): Promise<Delivery | null> {
  const found = await rooms.deliveries.get(id);
  return found !== null && mayTouchDelivery(caller, found) ? found : null;
}

/** True when a delivery belongs to what the caller may touch. */
export function mayTouchDelivery(caller: Caller, delivery: Delivery): boolean {
  return mayTouch(caller, delivery.applicationId);
}

async function retryDelivery(id: string, context: RequestContext): Promise<Delivery> {
  const { rooms, loaders } = context;
  const found = await findDelivery(id, context);
  if (found === null) throw new Problem('NOT_FOUND', 'there is no such delivery', { field: 'id' });
  const [event, subscription] = await Promise.all([
    loaders.event.load(found.eventId),
    loaders.webhookSubscription.load(found.subscriptionId),
  ]);
  if (event === null) throw new Problem('CONFLICT', 'its event has expired from the log', { field: 'id' });
  if (subscription === null) throw new Problem('CONFLICT', 'its webhook subscription was deleted', { field: 'id' });
  const retried = await rooms.delivery.retry(id);
  if (retried === null)
    throw new Problem('CONFLICT', 'it is being made this moment, was cancelled, or waits behind others', {
      field: 'id',
    });
  return retried;
}

async function cancelDelivery(id: string, context: RequestContext): Promise<Delivery> {
  if ((await findDelivery(id, context)) === null)
    throw new Problem('NOT_FOUND', 'there is no such delivery', { field: 'id' });
  const cancelled = await context.rooms.delivery.cancel(id);
  if (cancelled === null) throw new Problem('CONFLICT', 'it is finished already', { field: 'id' });
  return cancelled;
}

// Resolvers of schema/webhook-subscription.graphql.
import { readPageArguments, toConnection } from '../paging.js';
import { Problem } from '../problem.js';
import { ownerOf, type RequestContext } from './context.js';
import { withUserErrors } from './errors.js';
import type { CreateWebhookSubscriptionInput, Resolvers, SendTestEventInput } from './generated.js';

/** Webhook subscriptions. */
export const webhookSubscriptionResolvers: Resolvers = {
  Query: {
    async webhookSubscriptions(_root, args, { caller, rooms }) {
      const request = readPageArguments(args, 'webhook subscriptions');
      const applicationId = ownerOf(caller) ?? args.application ?? null;
      const page = await rooms.webhookSubscriptions.list(request, { applicationId, status: args.status ?? null });
      return toConnection(page, request, ({ id }) => id);
    },
    webhookSubscription: (_root, { id }, { caller, rooms }) => rooms.webhookSubscriptions.get(id, ownerOf(caller)),
  },
  Mutation: {
    createWebhookSubscription: (_root, { input }, context) =>
      withUserErrors({ webhookSubscription: null, secret: null }, async () =>
        context.rooms.webhookSubscriptions.create({ ...input, applicationId: await chooseOwner(input, context) }),
      ),
    updateWebhookSubscription: (_root, { input }, { caller, rooms }) =>
      withUserErrors({ webhookSubscription: null }, async () => ({
        webhookSubscription: await rooms.webhookSubscriptions.update(input.id, input, ownerOf(caller)),
      })),
    pauseWebhookSubscription: (_root, { input }, { caller, rooms }) =>
      withUserErrors({ webhookSubscription: null }, async () => ({
        webhookSubscription: await rooms.webhookSubscriptions.pause(input.id, input.reason ?? null, ownerOf(caller)),
      })),
    resumeWebhookSubscription: (_root, { input }, { caller, rooms }) =>
      withUserErrors({ webhookSubscription: null }, async () => ({
        webhookSubscription: await rooms.webhookSubscriptions.resume(input.id, ownerOf(caller)),
      })),
    deleteWebhookSubscription: (_root, { input }, { caller, rooms }) =>
      withUserErrors({ deletedId: null }, async () => {
        await rooms.webhookSubscriptions.delete(input.id, ownerOf(caller));
        return { deletedId: input.id };
      }),
    rotateWebhookSecret: (_root, { input }, { caller, rooms }) =>
      withUserErrors({ webhookSubscription: null, secret: null, previousSecretExpiresAt: null }, () =>
        rooms.webhookSubscriptions.rotateSecret(
          input.id,
          { ...input, overlapSeconds: input.overlapSeconds ?? 86_400 },
          ownerOf(caller),
        ),
      ),
    sendTestEvent: (_root, { input }, context) =>
      withUserErrors({ event: null, delivery: null }, () => sendTestEvent(input, context)),
  },
  WebhookSubscription: {
    query: ({ document }) => document?.query ?? null,
    variables: ({ document }) => document?.variables ?? null,
    queryProblem: ({ document }) => document?.problem ?? null,
    headers: (subscription, _args, { rooms }) => [...rooms.webhookSubscriptions.shownHeaders(subscription)],
    eventTypes({ eventTypes }, _args, { sizes }) {
      for (const name of eventTypes) sizes.spend(name.length);
      return [...eventTypes];
    },
    application: ({ applicationId }, _args, { loaders }) =>
      applicationId === null ? null : loaders.application.load(applicationId),
    async deliveries({ id }, args, { rooms }) {
      const request = readPageArguments(args, 'deliveries');
      const page = await rooms.deliveries.list(request, {
        applicationId: null,
        subscriptionId: id,
        status: args.status,
      });
      return toConnection(page, request, (delivery) => delivery.id);
    },
  },
};

/** The owner that a new webhook subscription gets. Throws `NOT_FOUND`. */
export async function chooseOwner(
  { application }: Pick<CreateWebhookSubscriptionInput, 'application'>,
  { caller, rooms }: RequestContext,
): Promise<string | null> {
  const chosen = application ?? ownerOf(caller);
  const owner = ownerOf(caller);
  const isAllowed = owner === null || chosen === owner;
  if (chosen === null) return null;
  if (isAllowed && (await rooms.applications.get(chosen)) !== null) return chosen;
  throw new Problem('NOT_FOUND', 'there is no such application', { field: 'application' });
}

async function sendTestEvent({ id, data }: SendTestEventInput, { caller, rooms }: RequestContext) {
  const subscription = await rooms.webhookSubscriptions.get(id, ownerOf(caller));
  if (subscription === null) throw new Problem('NOT_FOUND', 'there is no such webhook subscription', { field: 'id' });
  const event = await rooms.publisher.publishTest(subscription, data ?? { message: 'Carillon rings.' });
  await rooms.delivery.planned();
  return { event, delivery: await rooms.deliveries.find(event.id, id) };
}

// Resolvers of schema/trigger.graphql.
import { readPageArguments, toConnection } from '../paging.js';
import type { TriggerKindName } from '../trigger/trigger.js';
import { withUserErrors } from './errors.js';
import type { Resolvers } from './generated.js';

/** The type of a kind's configuration. A trigger stands for its configuration. */
const configurationTypes = {
  INBOUND_WEBHOOK: 'InboundWebhookConfiguration',
  SCHEDULE: 'ScheduleConfiguration',
  CHANGE_STREAM: 'ChangeStreamConfiguration',
} as const satisfies Record<TriggerKindName, string>;

/** Triggers. */
export const triggerResolvers: Resolvers = {
  Query: {
    async triggers(_root, args, { rooms }) {
      const request = readPageArguments(args, 'triggers');
      return toConnection(await rooms.triggers.list(request), request, ({ id }) => id);
    },
    trigger: (_root, { id }, { rooms }) => rooms.triggers.get(id),
  },
  Mutation: {
    createTrigger: (_root, { input }, { rooms }) =>
      withUserErrors({ trigger: null }, async () => ({
        trigger: await rooms.triggers.create({ ...input, applicationId: input.application ?? null }),
      })),
    updateTrigger: (_root, { input }, { rooms }) =>
      withUserErrors({ trigger: null }, async () => ({ trigger: await rooms.triggers.update(input.id, input) })),
    deleteTrigger: (_root, { input }, { rooms }) =>
      withUserErrors({ deletedId: null }, async () => {
        await rooms.triggers.delete(input.id);
        return { deletedId: input.id };
      }),
    fireTrigger: (_root, { input }, { rooms }) =>
      withUserErrors({ event: null, duplicate: false }, () => rooms.triggers.fire(input.trigger, input.data ?? null)),
  },
  Trigger: {
    application: ({ applicationId }, _args, { loaders }) =>
      applicationId === null ? null : loaders.application.load(applicationId),
    configuration: (trigger) => trigger,
    counts: ({ id }, _args, { rooms }) => rooms.triggers.counts(id),
  },
  TriggerConfiguration: { __resolveType: ({ kind }) => configurationTypes[kind] },
  TriggerMapping: {
    type: ({ type }) => type ?? null,
    data: ({ data }) => data ?? null,
    subject: ({ subject }) => subject ?? null,
    idempotencyKey: ({ idempotencyKey }) => idempotencyKey ?? null,
    orderingKey: ({ orderingKey }) => orderingKey ?? null,
  },
};

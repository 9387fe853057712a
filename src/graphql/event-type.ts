// Resolvers of schema/event-type.graphql.
import { readPageArguments, toConnection } from '../paging.js';
import { withUserErrors } from './errors.js';
import type { Resolvers } from './generated.js';

/** Event types. */
export const eventTypeResolvers: Resolvers = {
  Query: {
    async eventTypes(_root, args, { rooms }) {
      const request = readPageArguments(args, 'event types');
      return toConnection(await rooms.eventTypes.list(request, args.status ?? null), request, ({ name }) => name);
    },
    eventType: (_root, { name }, { rooms }) => rooms.eventTypes.getByName(name),
  },
  Mutation: {
    createEventType: (_root, { input }, { rooms }) =>
      withUserErrors({ eventType: null }, async () => ({ eventType: await rooms.eventTypes.create(input) })),
    updateEventType: (_root, { input }, { rooms }) =>
      withUserErrors({ eventType: null }, async () => ({
        eventType: await rooms.eventTypes.update(input.name, input, input.force ?? false),
      })),
    archiveEventType: (_root, { input }, { rooms }) =>
      withUserErrors({ eventType: null }, async () => ({
        eventType: await rooms.eventTypes.update(input.name, { status: 'ARCHIVED' }),
      })),
    deleteEventType: (_root, { input }, { rooms }) =>
      withUserErrors({ deletedId: null }, async () => ({ deletedId: await rooms.eventTypes.delete(input.name) })),
  },
  EventType: {
    versions: (eventType, _args, { rooms }) => rooms.eventTypes.versions(eventType),
  },
};

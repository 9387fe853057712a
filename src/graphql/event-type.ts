// Resolvers of schema/event-type.graphql.
import { compareSchemas } from '../event-type/compatibility.js';
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
      withUserErrors({ eventType: null, comparison: null }, async () => ({
        eventType: await rooms.eventTypes.create(input),
        comparison: null,
      })),
    updateEventType: (_root, { input }, { rooms }) =>
      withUserErrors({ eventType: null, comparison: null }, async () => {
        const before = await rooms.eventTypes.getByName(input.name);
        const eventType = await rooms.eventTypes.update(input.name, input, input.force ?? false);
        const isNewVersion = before !== null && before.version !== eventType.version;
        return { eventType, comparison: isNewVersion ? compareSchemas(before.schema, eventType.schema) : null };
      }),
    archiveEventType: (_root, { input }, { rooms }) =>
      withUserErrors({ eventType: null, comparison: null }, async () => ({
        comparison: null,
        eventType: await rooms.eventTypes.update(input.name, { status: 'ARCHIVED' }),
      })),
    deleteEventType: (_root, { input }, { rooms }) =>
      withUserErrors({ deletedId: null }, async () => ({ deletedId: await rooms.eventTypes.delete(input.name) })),
  },
  EventType: {
    versions: (eventType, _args, { rooms }) => rooms.eventTypes.versions(eventType),
  },
};

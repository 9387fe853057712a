// Resolvers of schema/event.graphql.
import type { GraphQLSchema } from 'graphql';
import { encodeCursor } from '../event/cursor.js';
import type { Event } from '../event/event.js';
import { isVisibleTo, openEventCursor, selectEvents } from '../event/event-selection.js';
import { checkFirst, readPageArguments, toConnection } from '../paging.js';
import { Problem } from '../problem.js';
import type { PublishInput } from '../publish.js';
import { type Caller, mayTouch } from '../security/access.js';
import { typedNamesOf } from '../typed-event/typed-names.js';
import { ownerOf, type RequestContext, sizeOfEvent } from './context.js';
import { withUserErrors } from './errors.js';
import type { PublishEventInput, QueryEventsArgs, Resolvers } from './generated.js';

/** Most events looked at for one page. */
const maxLookedAt = 10_000;
/** Most bytes of data looked at for one page of a choice of events, from which on it ends early. */
const maxBytesLookedAt = 33_554_432;
const readPage = 100;

/** Events. */
export const eventResolvers: Resolvers = {
  Query: {
    events: (_root, args, context) => listEvents(args, context),
    async event(_root, { id }, { caller, loaders }) {
      const found = await loaders.event.load(id);
      return found !== null && maySee(caller, found) ? found : null;
    },
  },
  Mutation: {
    publishEvent: (_root, { input }, { rooms }) =>
      withUserErrors({ event: null, duplicate: false }, () => rooms.publisher.publish(toPublishInput(input))),
    publishEvents: (_root, { input }, { rooms }) =>
      withUserErrors({ events: [], duplicates: [] }, async () => {
        const published = await rooms.publisher.publishAll(input.events.map(toPublishInput));
        return {
          events: published.map(({ event }) => event),
          duplicates: published.filter(({ duplicate }) => duplicate).map(({ event }) => event.id),
        };
      }),
  },
  Event: { __resolveType: ({ type }, _context, { schema }) => eventTypeNameIn(schema, type) },
  GenericEvent: {
    data(event, _args, { sizes }) {
      sizes.spend(event.dataJson.length);
      return event.data;
    },
    sequence: ({ sequence }) => String(sequence),
    cursor: ({ sequence }, _args, { rooms }) => encodeCursor({ logId: rooms.logId, sequence }),
    application: ({ applicationId }, _args, { caller, loaders }) =>
      applicationId === null || !mayTouch(caller, applicationId) ? null : loaders.application.load(applicationId),
    async deliveries({ id }, args, { caller, rooms }) {
      const request = readPageArguments(args, 'deliveries');
      // A publisher knows nothing of who listens.
      const applicationId = caller.role === 'PUBLISHER' ? '' : ownerOf(caller);
      const page = await rooms.deliveries.list(request, { applicationId, eventId: id });
      return toConnection(page, request, (delivery) => delivery.id);
    },
  },
};

/** The GraphQL type of the events of an event type: its own where the schema has one. */
export function eventTypeNameIn(schema: GraphQLSchema, eventType: string): 'GenericEvent' {
  const { eventTypeName } = typedNamesOf(eventType);
  // The generated types know the types of the SDL alone.
  return schema.getType(eventTypeName) === undefined ? 'GenericEvent' : (eventTypeName as 'GenericEvent');
}

/** True when the caller may see an event. */
export function maySee(caller: Caller, event: Event): boolean {
  return isVisibleTo(ownerOf(caller), event);
}

/** The application whose view is asked for. Throws `FORBIDDEN` when an application asks for another's. */
export function viewOf(caller: Caller, application: string | null | undefined): string | null {
  const owner = ownerOf(caller);
  if (owner === null) return application ?? null;
  if (application != null && application !== owner) {
    throw new Problem('FORBIDDEN', 'this key sees the events of its own application only', { field: 'application' });
  }
  return owner;
}

/** Field by field, as all that is done for every event: a rest or a spread costs a microsecond. */
function toPublishInput(input: PublishEventInput): PublishInput {
  return {
    type: input.type,
    data: input.data,
    id: input.id,
    source: input.source,
    subject: input.subject,
    time: input.time,
    idempotencyKey: input.idempotencyKey,
    orderingKey: input.orderingKey,
    deliverAt: input.deliverAt,
    applicationId: input.application,
  };
}

type EventPage = ReturnType<typeof toConnection<Event>>;

async function listEvents(args: QueryEventsArgs, { caller, rooms, sizes }: RequestContext): Promise<EventPage> {
  const first = checkFirst(args.first);
  const wants = selectEvents({
    types: args.types,
    filter: args.filter,
    applicationId: viewOf(caller, args.application),
  });
  const after = args.after == null ? null : await openEventCursor(args.after, rooms.logId, rooms.eventLog);
  const isDescending = args.order === 'NEWEST_FIRST';
  const toCursor = (sequence: number): string => encodeCursor({ logId: rooms.logId, sequence });
  const found: Event[] = [];
  let position = after;
  let lookedAt = 0;
  let bytesLookedAt = 0;
  let hasNextPage = true;
  const type = args.types?.length === 1 && !args.types[0]?.includes('*') ? args.types[0] : undefined;
  while (found.length < first && lookedAt < maxLookedAt && bytesLookedAt < maxBytesLookedAt) {
    const bound = position === null ? {} : isDescending ? { before: position } : { after: position };
    const limit = Math.min(
      readPage,
      maxLookedAt - lookedAt,
      args.filter == null && args.types == null ? first + 1 : readPage,
    );
    const range = { ...bound, ...(type === undefined ? {} : { type }), descending: isDescending, limit };
    const some = await sizes.read(() => rooms.events.read(range), sizeOfEvent);
    hasNextPage = some.length === limit;
    lookedAt += some.length;
    for (const [index, event] of some.entries()) {
      position = event.sequence;
      bytesLookedAt += sizeOfEvent(event);
      if (wants(event)) found.push(event);
      if (found.length < first) continue;
      hasNextPage ||= index + 1 < some.length;
      break;
    }
    if (!hasNextPage) break;
  }
  const edges = found.map((node) => ({ cursor: toCursor(node.sequence), node }));
  return {
    edges,
    nodes: found,
    pageInfo: {
      hasNextPage,
      hasPreviousPage: after !== null,
      startCursor: edges[0]?.cursor ?? null,
      // Behind what was looked at, which may be further than what was found.
      endCursor: position === null || position === after ? null : toCursor(position),
    },
  };
}

// Resolvers of schema/live.graphql.
import type { Event } from '../event/event.js';
import { openEventCursor, selectEvents } from '../event/event-selection.js';
import { streamEvents } from '../live/event-stream.js';
import { Problem } from '../problem.js';
import type { RequestContext } from './context.js';
import { viewOf } from './event.js';
import type { Resolvers, SubscriptionEventsArgs } from './generated.js';

/** Live streams. */
export const liveResolvers: Resolvers = {
  Subscription: {
    events: {
      subscribe: async (_root, args, context) => subscribeEvents(args, context),
      resolve(event: unknown, _args: unknown, context: RequestContext) {
        context.renew();
        return event as Event;
      },
    },
  },
};

async function subscribeEvents(
  args: Partial<SubscriptionEventsArgs>,
  { caller, rooms }: RequestContext,
): Promise<AsyncIterableIterator<Event>> {
  const wants = selectEvents({
    types: args.types,
    filter: args.filter,
    applicationId: viewOf(caller, args.application),
  });
  return streamEvents({ tail: rooms.tail, events: rooms.events, after: await startOf(args, rooms), wants });
}

async function startOf(
  { after, since }: Partial<SubscriptionEventsArgs>,
  rooms: RequestContext['rooms'],
): Promise<number> {
  if (after != null && since != null) {
    throw new Problem('INVALID_INPUT', 'after and since exclude each other', { field: 'since' });
  }
  if (after != null) return openEventCursor(after, rooms.logId, rooms.eventLog);
  if (since != null) return rooms.eventLog.lastBefore(since);
  // Everything acknowledged before this subscription was is history; on a shared log the tail may be a moment behind.
  return Math.max(rooms.tail.position, await rooms.eventLog.head());
}

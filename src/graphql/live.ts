// Resolvers of schema/live.graphql: what a client asks for. How it is shown is live-operations.ts.
import type { Event } from '../event/event.js';
import type { EventSelection } from '../event/event-selection.js';
import { Problem } from '../problem.js';
import type { RequestContext } from './context.js';
import { viewOf } from './event.js';
import type { Resolvers, SubscriptionEventsArgs } from './generated.js';

/** Live streams. */
export const liveResolvers: Resolvers = {
  Subscription: {
    events: {
      subscribe: async (_root, args, context) => createEventSource(args, context),
      resolve: (event: unknown) => event as Event,
    },
  },
};

/** Events that somebody asks for; the hub shows them. graphql-js wants something to iterate over, which nobody does. */
export interface EventSource extends AsyncIterable<Event> {
  readonly kind: 'events';
  readonly selection: EventSelection;
  /** Sequence behind which it begins. */
  readonly after: number;
}

/** True for what the field `events` subscribes to. */
export function isEventSource(value: object): value is EventSource {
  return 'kind' in value && value.kind === 'events';
}

async function createEventSource(args: Partial<SubscriptionEventsArgs>, context: RequestContext): Promise<EventSource> {
  const { caller, rooms } = context;
  const { types, filter } = args;
  const selection = rooms.selections.select({ types, filter, applicationId: viewOf(caller, args.application) });
  const after = await startOf(args, context);
  return {
    kind: 'events',
    selection,
    after,
    [Symbol.asyncIterator]() {
      throw new TypeError('events are shown by the hub');
    },
  };
}

async function startOf(
  { after, since }: Partial<SubscriptionEventsArgs>,
  { rooms: { positions }, lastEventId }: RequestContext,
): Promise<number> {
  // A browser that reconnects repeats its document as it was and says where it stands in a header.
  if (lastEventId !== null) return positions.behind(lastEventId);
  if (after != null && since != null) {
    throw new Problem('INVALID_INPUT', 'after and since exclude each other', { field: 'since' });
  }
  if (after != null) return positions.behind(after);
  return since == null ? positions.end() : positions.since(since);
}

// Resolvers of schema/replay.graphql.
import type { Replay } from '../delivery/replay.js';
import { readPageArguments, toConnection } from '../paging.js';
import { mayTouch } from '../security/access.js';
import { ownerOf, type RequestContext } from './context.js';
import { withUserErrors } from './errors.js';
import type { Resolvers } from './generated.js';

/** Replays. */
export const replayResolvers: Resolvers = {
  Query: {
    async replays(_root, args, { caller, rooms }) {
      const request = readPageArguments(args, 'replays');
      const page = await rooms.replays.list(request, {
        applicationId: ownerOf(caller),
        subscriptionId: args.webhookSubscription,
        status: args.status,
      });
      return toConnection(page, request, ({ id }) => id);
    },
    replay: (_root, { id }, { caller, rooms }) => rooms.replays.get(id, ownerOf(caller)),
  },
  Mutation: {
    replayEvents: (_root, { input }, { caller, rooms }) =>
      withUserErrors({ replay: null }, async () => ({ replay: await rooms.replays.start(input, ownerOf(caller)) })),
    cancelReplay: (_root, { input }, { caller, rooms }) =>
      withUserErrors({ replay: null }, async () => ({ replay: await rooms.replays.cancel(input.id, ownerOf(caller)) })),
  },
  Subscription: {
    replay: {
      subscribe: (_root, { id }, { caller, rooms }) => rooms.replays.follow(id, ownerOf(caller)),
      resolve(replay: unknown, _args: unknown, context: RequestContext) {
        context.renew();
        return replay as Replay;
      },
    },
  },
  Replay: {
    async webhookSubscription({ subscriptionId }, _args, { caller, loaders }) {
      const found = await loaders.webhookSubscription.load(subscriptionId);
      return found !== null && mayTouch(caller, found.applicationId) ? found : null;
    },
    types: ({ types }) => [...types],
    selection: ({ selection }) => [...selection],
    eventsLookedAt: ({ position, firstAfter }) => position - firstAfter,
    eventsTotal: ({ last, firstAfter }) => last - firstAfter,
    eventsExpired: ({ expired }) => expired,
    deliveriesMade: ({ made }) => made,
  },
};

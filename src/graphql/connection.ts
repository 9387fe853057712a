// Resolvers of schema/connection.graphql: live clients of this process.
import { cutPage, readPageArguments, toConnection } from '../paging.js';
import { Problem } from '../problem.js';
import { withUserErrors } from './errors.js';
import type { Resolvers } from './generated.js';

/** Live clients. */
export const connectionResolvers: Resolvers = {
  Query: {
    connections(_root, args, { rooms }) {
      const request = readPageArguments(args, 'connections');
      const { after } = request;
      // Identifiers grow with time; a client that has gone since leaves its place to the next.
      const found = rooms.sessions.list().filter(({ id }) => after === null || id > after);
      const sorted = found.sort((a, b) => (a.id < b.id ? -1 : 1));
      return toConnection(cutPage(sorted.slice(0, request.first + 1), request.first), request, ({ id }) => id);
    },
  },
  Mutation: {
    closeConnection: (_root, { input }, { rooms }) =>
      withUserErrors({ closedId: null }, async () => {
        const found = rooms.sessions.get(input.id);
        if (found === null) throw new Problem('NOT_FOUND', 'this node has no such connection', { field: 'id' });
        found.session.end('ADMINISTRATOR');
        return { closedId: input.id };
      }),
  },
  LiveClient: {
    transport: ({ session }) => session.transport,
    role: ({ identity }) => identity.role,
    application: ({ identity: { applicationId } }, _args, { loaders }) =>
      applicationId === null ? null : loaders.application.load(applicationId),
    apiKey: ({ identity: { apiKeyId } }, _args, { loaders }) =>
      apiKeyId === null ? null : loaders.apiKey.load(apiKeyId),
    remoteAddress: ({ session }) => session.remoteAddress,
    openedAt: ({ session }) => session.openedAt,
    expiresAt: ({ identity }) => identity.expiresAt,
    subscriptions: ({ session }) => session.subscriptions,
    pendingBytes: ({ session }) => session.pendingBytes,
  },
};

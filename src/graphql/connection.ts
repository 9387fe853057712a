// Resolvers of schema/connection.graphql: live clients of all nodes.
import { cutPage, readPageArguments, toConnection } from '../paging.js';
import { Problem } from '../problem.js';
import { withUserErrors } from './errors.js';
import type { Resolvers } from './generated.js';

/** Live clients. */
export const connectionResolvers: Resolvers = {
  Query: {
    async connections(_root, args, { rooms }) {
      const request = readPageArguments(args, 'connections');
      // Identifiers grow with time; a client that has gone since leaves its place to the next.
      const { clients, silentNodes } = await rooms.liveClients.list(request.after, request.first + 1);
      return { ...toConnection(cutPage(clients, request.first), request, ({ id }) => id), silentNodes };
    },
  },
  Mutation: {
    closeConnection: (_root, { input }, { rooms }) =>
      withUserErrors({ closedId: null }, async () => {
        if (!(await rooms.liveClients.end(input.id)))
          throw new Problem('NOT_FOUND', 'there is no such connection', { field: 'id' });
        return { closedId: input.id };
      }),
  },
  LiveClient: {
    application: ({ applicationId }, _args, { loaders }) =>
      applicationId === null ? null : loaders.application.load(applicationId),
    apiKey: ({ apiKeyId }, _args, { loaders }) => (apiKeyId === null ? null : loaders.apiKey.load(apiKeyId)),
  },
};

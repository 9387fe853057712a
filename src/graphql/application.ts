// Resolvers of schema/application.graphql.
import { readPageArguments, toConnection } from '../paging.js';
import { mayTouch } from '../security/access.js';
import { ownerOf } from './context.js';
import { withUserErrors } from './errors.js';
import type { Resolvers } from './generated.js';

/** Applications and keys. */
export const applicationResolvers: Resolvers = {
  Query: {
    async applications(_root, args, { caller, rooms }) {
      const request = readPageArguments(args, 'applications');
      const owner = ownerOf(caller);
      if (owner === null) return toConnection(await rooms.applications.list(request), request, ({ id }) => id);
      const own = await rooms.applications.get(owner);
      return toConnection({ items: own === null ? [] : [own], hasNextPage: false }, request, ({ id }) => id);
    },
    application: (_root, { id }, { caller, rooms }) => (mayTouch(caller, id) ? rooms.applications.get(id) : null),
    async apiKeys(_root, args, { rooms }) {
      const request = readPageArguments(args, 'keys');
      return toConnection(await rooms.applications.listKeys(request, null), request, ({ id }) => id);
    },
  },
  Mutation: {
    createApplication: (_root, { input }, { rooms }) =>
      withUserErrors({ application: null }, async () => ({ application: await rooms.applications.create(input) })),
    updateApplication: (_root, { input }, { rooms }) =>
      withUserErrors({ application: null }, async () => ({
        application: await rooms.applications.update(input.id, input),
      })),
    deleteApplication: (_root, { input }, { rooms }) =>
      withUserErrors({ deletedId: null }, async () => {
        await rooms.applications.delete(input.id);
        return { deletedId: input.id };
      }),
    createApiKey: (_root, { input }, { rooms }) =>
      withUserErrors({ apiKey: null, key: null }, () =>
        rooms.applications.createKey({
          name: input.name,
          role: input.role,
          applicationId: input.application ?? null,
          expiresAt: input.expiresAt,
        }),
      ),
    revokeApiKey: (_root, { input }, { rooms }) =>
      withUserErrors({ apiKey: null }, async () => ({ apiKey: await rooms.applications.revokeKey(input.id) })),
  },
  Viewer: {
    application: ({ applicationId }, _args, { loaders }) =>
      applicationId === null ? null : loaders.application.load(applicationId),
  },
  Application: {
    async apiKeys({ id }, args, { caller, rooms }) {
      if (caller.role !== 'ADMIN') return null;
      const request = readPageArguments(args, 'keys');
      return toConnection(await rooms.applications.listKeys(request, id), request, (key) => key.id);
    },
  },
  ApiKey: {
    application: ({ applicationId }, _args, { loaders }) =>
      applicationId === null ? null : loaders.application.load(applicationId),
  },
};

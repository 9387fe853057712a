// The executable schema: the SDL files, one file of resolvers for each, and the access table before every root field.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeExecutableSchema } from '@graphql-tools/schema';
import {
  type GraphQLFieldResolver,
  type GraphQLSchema,
  getNamedType,
  isIntrospectionType,
  isObjectType,
} from 'graphql';
import { Problem } from '../problem.js';
import { mayUse } from '../security/access.js';
import { applicationResolvers } from './application.js';
import { changeStreamResolvers } from './change-stream.js';
import { connectionResolvers } from './connection.js';
import type { RequestContext } from './context.js';
import { deliveryResolvers } from './delivery.js';
import { deliveryAttemptResolvers } from './delivery-attempt.js';
import { deliverySettingsResolvers } from './delivery-settings.js';
import { eventResolvers } from './event.js';
import { eventTypeResolvers } from './event-type.js';
import { inboundWebhookResolvers } from './inbound-webhook.js';
import { liveResolvers } from './live.js';
import { nodeResolvers } from './node.js';
import { payloadResolvers } from './payload.js';
import { replayResolvers } from './replay.js';
import { dateTimeScalar, jsonScalar } from './scalars.js';
import { scheduleResolvers } from './schedule.js';
import { resolveJson, resolveText } from './size-budget.js';
import { statsResolvers } from './stats.js';
import { triggerResolvers } from './trigger.js';
import { webhookSubscriptionResolvers } from './webhook-subscription.js';

const sdlFolder = fileURLToPath(new URL('../../../schema', import.meta.url));

/** The schema of this version. Throws when SDL and resolvers do not fit. */
export function createSchema(): GraphQLSchema {
  const files = readdirSync(sdlFolder).filter((name) => name.endsWith('.graphql'));
  const schema = makeExecutableSchema({
    typeDefs: files.sort().map((name) => readFileSync(join(sdlFolder, name), 'utf8')),
    resolvers: [
      { DateTime: dateTimeScalar, JSON: jsonScalar },
      nodeResolvers,
      applicationResolvers,
      eventTypeResolvers,
      eventResolvers,
      liveResolvers,
      connectionResolvers,
      webhookSubscriptionResolvers,
      deliverySettingsResolvers,
      payloadResolvers,
      deliveryResolvers,
      deliveryAttemptResolvers,
      replayResolvers,
      statsResolvers,
      triggerResolvers,
      scheduleResolvers,
      changeStreamResolvers,
      inboundWebhookResolvers,
    ],
    resolverValidationOptions: { requireResolversToMatchSchema: 'error' },
  });
  guardRootFields(schema);
  countLargeFields(schema);
  return schema;
}

function guardRootFields(schema: GraphQLSchema): void {
  for (const type of [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()]) {
    for (const [name, field] of Object.entries(type?.getFields() ?? {})) {
      const rootField = `${type?.name}.${name}`;
      if (field.subscribe !== undefined) field.subscribe = guarded(rootField, field.subscribe);
      else if (field.resolve !== undefined) field.resolve = guarded(rootField, field.resolve);
    }
  }
}

/** Texts and JSON values may be large and asked for often; a resolver of its own counts for itself. */
function countLargeFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || isIntrospectionType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const { name } = getNamedType(field.type);
      if (name === 'String') field.resolve ??= resolveText;
      if (name === 'JSON') field.resolve ??= resolveJson;
    }
  }
}

type AnyResolver = GraphQLFieldResolver<unknown, RequestContext>;

function guarded(rootField: string, resolve: AnyResolver): AnyResolver {
  return (root, args, context, info) => {
    if (mayUse(context.caller.role, rootField)) return resolve(root, args, context, info);
    throw new Problem('FORBIDDEN', `the role ${context.caller.role} may not use ${rootField.replace('.', ' ')}`);
  };
}

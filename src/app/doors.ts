// The doors: everything that this process listens for, put onto its one HTTP server.
import type { FastifyInstance } from 'fastify';
import type { Credentials } from '../application/credentials.js';
import { catalogRoutes } from '../catalog/catalog-routes.js';
import { systemRandomBytes } from '../clock.js';
import type { Config } from '../config.js';
import { consoleRoutes } from '../console/console-routes.js';
import type { FollowedEventTypes } from '../event-type/followed-event-types.js';
import type { Rooms } from '../graphql/context.js';
import { createDocumentCheck } from '../graphql/documents.js';
import { showError } from '../graphql/errors.js';
import { createGraphQLEventStreams } from '../graphql/event-stream-routes.js';
import { createGraphQLHttp } from '../graphql/http.js';
import { createLiveOperations } from '../graphql/live-operations.js';
import type { SharedResults } from '../graphql/shared-results.js';
import type { TypedSchemas } from '../graphql/typed-schemas.js';
import { createGraphQLWebSocket, type WebSocketLimits } from '../graphql/websocket.js';
import { cloudEventsRoutes } from '../http/cloudevents-routes.js';
import { liveMetrics } from '../http/live-metrics.js';
import { registerMetrics } from '../http/metrics.js';
import { statsMetrics } from '../http/stats-metrics.js';
import { triggerRoutes } from '../http/trigger-routes.js';
import type { Tail } from '../live/tail.js';
import type { Publisher } from '../publish.js';
import type { Meter } from '../stats/meter.js';
import type { FireTrigger } from '../trigger/fire-trigger.js';
import { createReceiveWebhook } from '../trigger/receive-webhook.js';
import type { ServedTriggers } from '../trigger/served-triggers.js';
import type { Ground } from './ground.js';
import type { Live } from './live.js';

/** What the doors lead to. */
export interface DoorsOptions {
  readonly schemas: TypedSchemas;
  readonly results: SharedResults;
  readonly rooms: Rooms;
  readonly credentials: Credentials;
  readonly live: Live;
  readonly tail: Tail;
  readonly meter: Meter;
  readonly publisher: Publisher;
  readonly eventTypes: FollowedEventTypes;
  readonly servedTriggers: ServedTriggers;
  readonly fire: FireTrigger;
}

/** Opens the doors on a server that does not listen yet. */
export async function openDoors(server: FastifyInstance, ground: Ground, options: DoorsOptions): Promise<void> {
  const { config, clock, newId, newErrorId, secretBox, onClose } = ground;
  const { schemas, results, rooms, credentials, live, tail, meter, publisher, servedTriggers, fire } = options;
  const log = ground.log.room('graphql');
  const show = (error: unknown) => showError(error, log, newErrorId);
  const door = {
    schemas,
    check: createDocumentCheck(schemas),
    live: createLiveOperations({ hub: live.hub, show, results, typesOf: (schema) => schemas.keyOf(schema) }),
    rooms,
    credentials,
    sessions: live.sessions,
    clock,
    random: Math.random,
    newId,
    log,
    newErrorId,
  };
  const http = await createGraphQLHttp(door);
  onClose(() => http.close());
  http.register(server);
  const limits = toSocketLimits(config);
  const sockets = createGraphQLWebSocket({ ...door, limits });
  sockets.attach(server.server);
  const streams = createGraphQLEventStreams({ ...door, randomBytes: systemRandomBytes, limits });
  streams.register(server);
  registerMetrics(server, [...liveMetrics({ hub: live.hub, tail, sockets, streams }), ...statsMetrics(meter)]);
  server.addHook('preClose', async () => void (await Promise.all([sockets.close(), streams.close()])));
  const webhooks = createReceiveWebhook({ served: servedTriggers, fire, secretBox, clock });
  await server.register(triggerRoutes(webhooks));
  await server.register(cloudEventsRoutes({ credentials, publisher }));
  await server.register(catalogRoutes({ eventTypes: options.eventTypes, credentials, access: config.catalog }));
  await server.register(consoleRoutes({ assetsDir: new URL('../../console/', import.meta.url) }));
}

function toSocketLimits(config: Config): WebSocketLimits {
  return {
    maxMessageBytes: config.maxBodyBytes,
    maxSubscriptions: config.maxSubscriptionsPerSocket,
    messagesPerSecond: config.socketMessagesPerSecond,
    softBytes: config.socketSoftBytes,
    hardBytes: config.socketHardBytes,
    stallMs: config.socketStallSeconds * 1000,
    initWithinMs: config.socketInitSeconds * 1000,
    pingEveryMs: config.socketPingSeconds * 1000,
    drainMs: config.drainSeconds * 1000,
  };
}

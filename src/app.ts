// The composition root: opens the store, builds the rooms, wires them, and closes all in the reverse order. No rules here.
import { randomBytes } from 'node:crypto';
import { createApiKeyStore } from './application/api-key-store.js';
import { createApplicationStore } from './application/application-store.js';
import { createApplications } from './application/applications.js';
import { createCredentials } from './application/credentials.js';
import { catalogRoutes } from './catalog/catalog-routes.js';
import { type Clock, createNewId, systemClock, systemRandomBytes } from './clock.js';
import { type Config, retentionOf } from './config.js';
import { consoleRoutes } from './console/console-routes.js';
import { createAttemptStore } from './delivery/attempt-store.js';
import { createCircuitStore } from './delivery/circuit-store.js';
import { createDeliveryChangeStore } from './delivery/delivery-change-store.js';
import { openDeliveryRoom } from './delivery/delivery-room.js';
import { createDeliveryStore } from './delivery/delivery-store.js';
import { followDeliveries } from './delivery/follow-deliveries.js';
import { createHolderStore } from './delivery/holder-store.js';
import { createMakeRequest } from './delivery/make-request.js';
import { createPermitStore } from './delivery/permit-store.js';
import { createPreviewDelivery } from './delivery/preview.js';
import { createReplayDeliveryStore } from './delivery/replay-delivery-store.js';
import { createReplayStore } from './delivery/replay-store.js';
import { createReplays } from './delivery/replays.js';
import { createSender } from './delivery/send.js';
import { createShakeHands } from './delivery/shake-hands.js';
import { startEmbeddedMongo } from './embedded-mongo/start.js';
import { encodeCursor } from './event/cursor.js';
import { createEventLog } from './event/event-log.js';
import { createEventSelections } from './event/event-selection.js';
import { createEventStore } from './event/event-store.js';
import { createPlanMarkStore } from './event/plan-mark-store.js';
import { forgetOld } from './event/retention.js';
import { createEventTypeStore } from './event-type/event-type-store.js';
import { createEventTypes } from './event-type/event-types.js';
import { followEventTypes } from './event-type/followed-event-types.js';
import type { Rooms } from './graphql/context.js';
import { createDocumentCheck } from './graphql/documents.js';
import { showError } from './graphql/errors.js';
import { createGraphQLEventStreams } from './graphql/event-stream-routes.js';
import { createGraphQLHttp } from './graphql/http.js';
import { createLiveOperations } from './graphql/live-operations.js';
import { createSavedDocuments } from './graphql/saved-documents.js';
import { createSchema } from './graphql/schema.js';
import { createSharedResults } from './graphql/shared-results.js';
import { createTypedSchemas } from './graphql/typed-schemas.js';
import { createGraphQLWebSocket, type WebSocketLimits } from './graphql/websocket.js';
import { cloudEventsRoutes } from './http/cloudevents-routes.js';
import { registerHealth } from './http/health.js';
import { liveMetrics } from './http/live-metrics.js';
import { registerMetrics } from './http/metrics.js';
import { createHttpServer } from './http/server.js';
import { statsMetrics } from './http/stats-metrics.js';
import { triggerRoutes } from './http/trigger-routes.js';
import { createJsonataPool } from './jsonata/jsonata-pool.js';
import { createHistory } from './live/history.js';
import { createHub, type Hub } from './live/hub.js';
import { type LiveClients, openLiveClients } from './live/live-clients.js';
import { createLiveQuestionStore } from './live/live-question-store.js';
import { createPositions } from './live/positions.js';
import { createSessions, type Sessions } from './live/sessions.js';
import { createTail } from './live/tail.js';
import type { Log } from './log.js';
import { createRenderRequest } from './payload/render-request.js';
import { afterAppend, createPublisher } from './publish.js';
import { repeat } from './repeat.js';
import { maxScheduleSeconds } from './retry-policy/retry-settings.js';
import { keepKeys } from './security/kept-keys.js';
import { checkMasterKey } from './security/master-key-check.js';
import { createOutboundGuard } from './security/outbound-guard.js';
import { createSecretBox } from './security/secret-box.js';
import { createMeter } from './stats/meter.js';
import { createStatsReader, keepEveryMs } from './stats/read-stats.js';
import { createStatsStore } from './stats/stats-store.js';
import { openStore } from './store.js';
import { followStoreTime } from './store-time.js';
import { createWatchChanges } from './trigger/change-stream-store.js';
import { createFireTriggers } from './trigger/fire-trigger.js';
import { createReceiveWebhook } from './trigger/receive-webhook.js';
import { createRunTriggers, lookEveryMs } from './trigger/run-triggers.js';
import { serveTriggers } from './trigger/served-triggers.js';
import { createTriggerCountStore } from './trigger/trigger-count-store.js';
import { countTriggers } from './trigger/trigger-counts.js';
import { createTriggerRunStore } from './trigger/trigger-run-store.js';
import { createTriggerStore } from './trigger/trigger-store.js';
import { createTriggers } from './trigger/triggers.js';
import { version } from './version.js';
import { prepareSubscription, serveSubscriptions } from './webhook-subscription/served-subscriptions.js';
import { createWebhookSubscriptionStore } from './webhook-subscription/webhook-subscription-store.js';
import { createWebhookSubscriptions } from './webhook-subscription/webhook-subscriptions.js';

/** A running gateway. */
export interface App {
  /** Where it listens, such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** The admin key when it was made by this start, else null. */
  readonly newAdminKey: string | null;
  /** Stops it: no new work, running work finished or handed back, within ten seconds. A second call waits for the first. */
  close(): Promise<void>;
}

/** Webhook subscriptions named when a schema would break their documents. */
const maxBrokenNamed = 10;
const forgetEveryMs = 3_600_000;
/** How long after its `deliverAt` an event is held for its deliveries, in milliseconds: the longest schedule and four days. */
const holdForMs = (maxScheduleSeconds + 4 * 86_400) * 1000;
/** Revoked and expired keys, and live clients that do not read, are looked for so often. */
const closeLiveEveryMs = 1000;
/** What triggers did is written so often, in milliseconds. */
const countEveryMs = 1000;
/** How long a stop waits for requests from clients, in milliseconds. */
const requestGraceMs = 2500;

/**
 * Starts a gateway. Throws `Problem` (`STORE_UNAVAILABLE`), the embedded store's error, or the system's when it cannot
 * listen; what had been opened is closed again then.
 */
export async function startApp(config: Config, log: Log): Promise<App> {
  const closers: (() => Promise<unknown>)[] = [];
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= closeAll(closers, log);
    return closing;
  };
  try {
    return { ...(await build(config, log, closers, () => closing !== null)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function closeAll(closers: (() => Promise<unknown>)[], log: Log): Promise<void> {
  for (const close of closers.reverse()) {
    try {
      await close();
    } catch (error) {
      log.error('A part did not close properly.', { error });
    }
  }
}

type Closers = (() => Promise<unknown>)[];

async function build(
  config: Config,
  log: Log,
  closers: Closers,
  isStopping: () => boolean,
): Promise<Omit<App, 'close'>> {
  const newErrorId = (): string => randomBytes(8).toString('hex');
  const isShared = config.mongodbUri !== null;
  const holder = randomBytes(8).toString('hex');

  // The store.
  const uri = config.mongodbUri ?? (await openEmbedded(config.dataDir, log, closers));
  const store = await openStore(uri, () => randomBytes(4).toString('hex'));
  closers.push(() => store.close());
  const clock = isShared ? await openStoreTime() : systemClock;
  const newId = createNewId(clock);
  const keys = keepKeys(config, systemRandomBytes);
  let isListening = false;
  closers.push(async () => {
    // The next start is then the first one that prints the key. With a shared database others may use it already.
    if (!isListening && !isShared) keys.forgetNewAdminKey();
  });
  const secretBox = createSecretBox(keys.masterKey, systemRandomBytes);
  await checkMasterKey(secretBox, (name, make) => store.readOrMake(name, make));
  const guard = createOutboundGuard({ allowNetworks: config.allowNetworks });
  const stores = {
    applications: createApplicationStore(store.connection),
    apiKeys: createApiKeyStore(store.connection),
    eventTypes: createEventTypeStore(store.connection),
    events: createEventStore(store.connection),
    planMark: createPlanMarkStore(store.connection),
    webhookSubscriptions: createWebhookSubscriptionStore(store.connection, isShared),
    deliveries: createDeliveryStore(store.connection),
    attempts: createAttemptStore(store.connection),
    replays: createReplayStore(store.connection),
    stats: createStatsStore(store.connection),
    triggers: createTriggerStore(store.connection, isShared),
  };
  const meter = createMeter();
  const deliveryStores = {
    circuits: createCircuitStore(store.connection),
    permits: createPermitStore(store.connection, clock),
    holders: createHolderStore(store.connection),
    replayDeliveries: createReplayDeliveryStore(store.connection),
  };
  const { planMark, ...indexed } = stores;
  await Promise.all(Object.values(indexed).map((one) => one.createIndexes()));

  // The rooms, from the ground up.
  const credentials = createCredentials({ store: stores.apiKeys, adminKey: keys.adminKey, clock });
  const followed = followEventTypes({ store: stores.eventTypes, isShared, clock, log: log.room('event-type') });
  closers.push(() => followed.close());
  const schemas = createTypedSchemas({ base: createSchema(), eventTypes: followed, isShared, clock });
  const eventTypes = createEventTypes({
    store: stores.eventTypes,
    clock,
    newId,
    usedBy,
    collisionOf: (name) => schemas.collisionOf(name),
    changed: (change) => followed.apply(change),
    brokenBy: (next) => webhookSubscriptions.findBroken(savedDocuments.problemsWith(next), maxBrokenNamed),
    versionChanged: () => webhookSubscriptions.recheckDocuments(savedDocuments.problemsWith(null)),
  });
  const results = createSharedResults();
  const showOperationError = (error: unknown) => showError(error, log.room('graphql'), newErrorId);
  const savedDocuments = createSavedDocuments({
    schemas,
    results,
    rooms: () => rooms,
    show: showOperationError,
    async versionOf(name, version) {
      const eventType = await stores.eventTypes.getByName(name);
      if (eventType === null || eventType.version === version) return eventType;
      const past = (await eventTypes.versions(eventType)).find((one) => one.version === version);
      return past === undefined ? null : { ...eventType, version, schema: past.schema };
    },
  });
  const served = serveSubscriptions({
    store: stores.webhookSubscriptions,
    secretBox,
    clock,
    log: log.room('webhook-subscription'),
  });
  closers.push(() => served.close());
  const jsonata = createJsonataPool(clock);
  closers.push(async () => jsonata.close());
  const userAgent = `carillon/${version}`;
  const makeRequest = createMakeRequest({
    dataOf: (event, subscription) => savedDocuments.dataOf(event, subscription),
    renderRequest: createRenderRequest(jsonata),
    log: log.room('delivery'),
    userAgent,
    publicHost: config.publicHost,
  });
  const delivery = openDeliveryRoom({
    ...stores,
    ...deliveryStores,
    subscriptions: served,
    guard,
    holder,
    isShared,
    makesDeliveries: config.role !== 'api',
    concurrency: config.deliveryConcurrency,
    makeRequest,
    announce: (event) => publisher.announce(event),
    disable: (id, reason) => webhookSubscriptions.disable(id, reason),
    statusOf: async (id) => (await stores.webhookSubscriptions.get(id))?.status ?? null,
    meter,
    clock,
    random: Math.random,
    newId,
    log: log.room('delivery'),
    repeatEvery,
    onClose: (close) => closers.push(close),
  });
  const eventLog = createEventLog({
    store: stores.events,
    log: log.room('event'),
    onAppended: (events) => afterAppend(delivery, tail)(events),
    onUncertain: () => tail.lookAgain(),
  });
  const tail = createTail({
    events: stores.events,
    clock,
    log: log.room('live'),
    position: await eventLog.head(),
    isShared,
  });
  closers.push(() => tail.close());
  const handshakes = createSender({ guard, clock });
  closers.push(() => handshakes.close(0));
  const webhookSubscriptions = createWebhookSubscriptions({
    store: stores.webhookSubscriptions,
    guard,
    secretBox,
    clock,
    newId,
    randomBytes: systemRandomBytes,
    jsonata,
    logHead: () => eventLog.head(),
    eventTypeExists,
    versionExists: async (name, version) =>
      ((await stores.eventTypes.getByName(name))?.version ?? 0) >= version && version >= 1,
    readDocument: (input) => savedDocuments.read(input),
    documentNames: (query, eventType) => savedDocuments.names(query, eventType),
    shakeHands: createShakeHands({ sender: handshakes, publicHost: config.publicHost, userAgent }),
    release: (id) => delivery.release(id),
    goOn: (id) => delivery.goOn(id),
    announce: (event) => publisher.announce(event),
    cancel: (ids) => delivery.forget(ids),
  });
  const applications = createApplications({
    store: stores.applications,
    keys: stores.apiKeys,
    clock,
    newId,
    randomBytes: systemRandomBytes,
    onRevoked: () => credentials.forget(),
    async deleteOwned(id) {
      await triggers.deleteAll(id);
      await webhookSubscriptions.deleteAll(id);
    },
  });
  const publisher = createPublisher({
    eventTypes,
    log: eventLog,
    events: stores.events,
    applicationExists: (id) => applications.exists(id),
    clock,
    newId,
    meter,
    maxDataBytes: config.maxEventBytes,
  });
  const triggerCountStore = createTriggerCountStore(store.connection);
  const triggerCounts = countTriggers(triggerCountStore);
  const { fire, fireInOrder } = createFireTriggers({ publisher, jsonata, meter, counts: triggerCounts, clock });
  const triggers = createTriggers({
    store: stores.triggers,
    countStore: triggerCountStore,
    counts: triggerCounts,
    fire,
    secretBox,
    clock,
    newId,
    eventTypeExists,
    applicationExists: (id) => applications.exists(id),
  });

  async function eventTypeExists(name: string): Promise<boolean> {
    return (await stores.eventTypes.getByName(name)) !== null;
  }

  // What documents reach, whoever executes them: requests, live clients, and webhooks with a saved document.
  const live = openLive();
  const { logId } = store;
  const changes = createDeliveryChangeStore(store.connection);
  const followedDeliveries = followDeliveries({ changes, log: log.room('delivery') });
  closers.push(() => followedDeliveries.close());
  const rooms: Rooms = {
    applications,
    eventTypes,
    publisher,
    eventLog,
    events: stores.events,
    logId,
    selections: createEventSelections(),
    positions: createPositions({ tail, eventLog, logId, isShared }),
    liveClients: live.liveClients,
    webhookSubscriptions,
    deliveries: stores.deliveries,
    attempts: stores.attempts,
    delivery,
    triggers,
    now: () => clock.now(),
    followDeliveries: followedDeliveries,
    previewDelivery: createPreviewDelivery({
      makeRequest,
      prepare: (subscription) => prepareSubscription(subscription, { secretBox, log: log.room('delivery') }),
      clock,
    }),
    stats: createStatsReader(stores.stats, clock),
    replays: createReplays({
      store: stores.replays,
      subscriptionOf: (id, owner) => webhookSubscriptions.get(id, owner),
      eventLog,
      events: stores.events,
      logId,
      clock,
      newId,
    }),
  };

  async function usedBy(name: string): Promise<string | null> {
    const [event] = await stores.events.read({ type: name, limit: 1 });
    if (event !== undefined) return `the log has events of it, such as ${event.id}`;
    const trigger = await stores.triggers.findNaming(name);
    if (trigger !== null) return `the trigger ${trigger} names it`;
    return webhookSubscriptions.findNaming(name);
  }

  const servedTriggers = serveTriggers({ store: stores.triggers, clock, log: log.room('trigger') });
  closers.push(() => servedTriggers.close());
  await servedTriggers.loaded;
  const runTriggers = createRunTriggers({
    served: servedTriggers,
    runs: createTriggerRunStore(store.connection),
    fire: fireInOrder,
    counts: triggerCounts,
    watchChanges: createWatchChanges(store.connection),
    secretBox,
    holder,
    clock,
    log: log.room('trigger'),
  });

  // Background work.
  await Promise.all([served.loaded, followed.loaded]);
  await delivery.start();
  const { eventRetentionDays, deliveryRetentionDays, attemptRetentionDays } = retentionOf(config);
  const retention = {
    log: eventLog,
    events: stores.events,
    planMark,
    days: eventRetentionDays,
    holdForMs,
    others: [
      {
        days: deliveryRetentionDays,
        forget: (before: Date, limit: number) => stores.deliveries.deleteFinished(before, limit),
      },
      {
        days: attemptRetentionDays,
        forget: (before: Date, limit: number) => stores.attempts.deleteBefore(before, limit),
      },
      {
        days: deliveryRetentionDays,
        forget: (before: Date, limit: number) => stores.replays.deleteBefore(before, limit),
      },
    ],
    clock,
    logger: log,
    isStopping,
  };
  repeatEvery(forgetEveryMs, async () => {
    await forgetOld(retention);
    await stores.stats.forget(clock.now());
  });

  const keepStats = async (): Promise<void> => stores.stats.add(meter.drain(), clock.now());
  closers.push(keepStats);
  repeatEvery(keepEveryMs, keepStats);
  closers.push(() => triggerCounts.write());
  repeatEvery(countEveryMs, () => triggerCounts.write());
  closers.push(() => runTriggers.close());
  repeatEvery(lookEveryMs, () => runTriggers.look());

  async function openStoreTime(): Promise<Clock> {
    const storeTime = await followStoreTime(() => store.time(), systemClock, log);
    closers.push(() => storeTime.close());
    return storeTime.clock;
  }

  function repeatEvery(everyMs: number, work: () => Promise<void>): void {
    const repeated = repeat({ clock, log, everyMs, work });
    closers.push(() => repeated.close());
  }

  // The doors.
  const server = createHttpServer({ log: log.room('http'), maxBodyBytes: config.maxBodyBytes, newErrorId });
  registerHealth(server, { checkStore: () => store.checkWritable(), isStopping });
  if (config.role !== 'worker') await openDoors();
  const url = await server.listen({ port: config.port, host: config.host });
  isListening = true;
  closers.push(async () => {
    // Requests that do not end in time are cut off; what they published is in the log or was not acknowledged.
    const cut = setTimeout(() => server.server.closeAllConnections(), requestGraceMs);
    await server.close();
    clearTimeout(cut);
  });

  async function openDoors(): Promise<void> {
    const graphqlLog = log.room('graphql');
    const show = (error: unknown) => showError(error, graphqlLog, newErrorId);
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
      log: graphqlLog,
      newErrorId,
    };
    const http = await createGraphQLHttp(door);
    closers.push(() => http.close());
    http.register(server);
    const sockets = createGraphQLWebSocket({ ...door, limits: toSocketLimits(config) });
    sockets.attach(server.server);
    const streams = createGraphQLEventStreams({
      ...door,
      randomBytes: systemRandomBytes,
      limits: toSocketLimits(config),
    });
    streams.register(server);
    registerMetrics(server, [...liveMetrics({ hub: live.hub, tail, sockets, streams }), ...statsMetrics(meter)]);
    server.addHook('preClose', async () => void (await Promise.all([sockets.close(), streams.close()])));
    const webhooks = createReceiveWebhook({ served: servedTriggers, fire, secretBox, clock });
    await server.register(triggerRoutes(webhooks));
    await server.register(cloudEventsRoutes({ credentials, publisher }));
    await server.register(catalogRoutes({ eventTypes: followed, credentials, access: config.catalog }));
    await server.register(consoleRoutes({ assetsDir: new URL('../console/', import.meta.url) }));
  }

  function openLive(): { readonly hub: Hub; readonly sessions: Sessions; readonly liveClients: LiveClients } {
    const hub = createHub({
      tail,
      history: createHistory({ tail, events: stores.events }),
      clock,
      log: log.room('live'),
      cursorOf: (sequence) => encodeCursor({ logId: store.logId, sequence }),
      stallMs: config.socketStallSeconds * 1000,
    });
    closers.push(() => hub.close());
    const sessions = createSessions({
      credentials,
      clock,
      log: log.room('live'),
      maxSessions: config.maxSockets,
      maxSessionsPerKey: config.maxSocketsPerKey,
    });
    // What this process revokes ends live clients at once; what others revoke, and what expires, is found here.
    repeatEvery(closeLiveEveryMs, () => sessions.endWorthless());
    repeatEvery(closeLiveEveryMs, async () => hub.closeStalled());
    const liveClients = openLiveClients({
      sessions,
      nodeId: randomBytes(8).toString('hex'),
      questions: isShared ? createLiveQuestionStore(store.connection) : null,
      newQuestionId: () => randomBytes(12).toString('hex'),
      clock,
      log: log.room('live'),
    });
    closers.push(() => liveClients.close());
    return { hub, sessions, liveClients };
  }

  return { url, newAdminKey: keys.isAdminKeyNew ? keys.adminKey : null };
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

async function openEmbedded(dataDir: string, log: Log, closers: Closers): Promise<string> {
  const embedded = await startEmbeddedMongo({
    dataDir,
    onWarning: (message) => log.warn(message),
    onFatal: (error) => {
      log.error('The embedded store failed; nothing can be kept any more.', { error });
      // Whatever is answered from now on would be a lie: end at once, and recover at the next start.
      process.exitCode = 70;
      process.kill(process.pid, 'SIGTERM');
    },
  });
  closers.push(() => embedded.close());
  if (embedded.recovered !== null) log.info(embedded.recovered);
  return embedded.uri;
}

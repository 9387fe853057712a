// The composition root: opens the store, builds the rooms, wires them, and closes all in the reverse order. No rules here.
import { startBackground } from './app/background.js';
import { openDoors } from './app/doors.js';
import { type Ground, openGround } from './app/ground.js';
import { openLive } from './app/live.js';
import { openStores } from './app/stores.js';
import { createApplications } from './application/applications.js';
import { createCredentials } from './application/credentials.js';
import { systemRandomBytes } from './clock.js';
import type { Config } from './config.js';
import { createDeliveryChangeStore } from './delivery/delivery-change-store.js';
import { openDeliveryRoom } from './delivery/delivery-room.js';
import { followDeliveries } from './delivery/follow-deliveries.js';
import { createMakeRequest } from './delivery/make-request.js';
import { createPreviewDelivery } from './delivery/preview.js';
import { createReplays } from './delivery/replays.js';
import { createSender } from './delivery/send.js';
import { createShakeHands } from './delivery/shake-hands.js';
import { createEventLog } from './event/event-log.js';
import { createEventSelections } from './event/event-selection.js';
import { createEventTypes } from './event-type/event-types.js';
import { followEventTypes } from './event-type/followed-event-types.js';
import type { Rooms } from './graphql/context.js';
import { showError } from './graphql/errors.js';
import { createSavedDocuments } from './graphql/saved-documents.js';
import { createSchema } from './graphql/schema.js';
import { createSharedResults } from './graphql/shared-results.js';
import { createTypedSchemas } from './graphql/typed-schemas.js';
import { registerHealth } from './http/health.js';
import { createHttpServer } from './http/server.js';
import { createJsonataPool } from './jsonata/jsonata-pool.js';
import { createPositions } from './live/positions.js';
import { createTail } from './live/tail.js';
import type { Log } from './log.js';
import { createRenderRequest } from './payload/render-request.js';
import { afterAppend, createPublisher } from './publish.js';
import { createMeter } from './stats/meter.js';
import { createStatsReader } from './stats/read-stats.js';
import { createWatchChanges } from './trigger/change-stream-store.js';
import { createFireTriggers } from './trigger/fire-trigger.js';
import { createRunTriggers, lookEveryMs } from './trigger/run-triggers.js';
import { serveTriggers } from './trigger/served-triggers.js';
import { countTriggers } from './trigger/trigger-counts.js';
import { createTriggers } from './trigger/triggers.js';
import { version } from './version.js';
import { prepareSubscription, serveSubscriptions } from './webhook-subscription/served-subscriptions.js';
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
    const ground = await openGround(config, log, (closer) => void closers.push(closer));
    return { ...(await build(ground, () => closing !== null)), close };
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

async function build(ground: Ground, isStopping: () => boolean): Promise<Omit<App, 'close'>> {
  const { config, log, store, isShared, clock, newId, newErrorId, keys, secretBox, guard, onClose } = ground;
  const stores = await openStores(ground);
  const meter = createMeter();

  // The rooms, from the ground up.
  const credentials = createCredentials({ store: stores.apiKeys, adminKey: keys.adminKey, clock });
  const followed = followEventTypes({ store: stores.eventTypes, isShared, clock, log: log.room('event-type') });
  onClose(() => followed.close());
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
  onClose(() => served.close());
  const jsonata = createJsonataPool(clock);
  onClose(async () => jsonata.close());
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
    ...ground,
    subscriptions: served,
    makesDeliveries: config.role !== 'api',
    concurrency: config.deliveryConcurrency,
    makeRequest,
    announce: (event) => publisher.announce(event),
    disable: (id, reason) => webhookSubscriptions.disable(id, reason),
    statusOf: async (id) => (await stores.webhookSubscriptions.get(id))?.status ?? null,
    meter,
    random: Math.random,
    log: log.room('delivery'),
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
  onClose(() => tail.close());
  const handshakes = createSender({ guard, clock });
  onClose(() => handshakes.close(0));
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
  const triggerCounts = countTriggers(stores.triggerCounts);
  const { fire, fireInOrder } = createFireTriggers({ publisher, jsonata, meter, counts: triggerCounts, clock });
  const triggers = createTriggers({
    store: stores.triggers,
    countStore: stores.triggerCounts,
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
  const live = openLive(ground, { tail, events: stores.events, credentials });
  const { logId } = store;
  const changes = createDeliveryChangeStore(store.connection);
  const followedDeliveries = followDeliveries({ changes, log: log.room('delivery') });
  onClose(() => followedDeliveries.close());
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
  onClose(() => servedTriggers.close());
  await servedTriggers.loaded;
  const runTriggers = createRunTriggers({
    served: servedTriggers,
    runs: stores.triggerRuns,
    fire: fireInOrder,
    counts: triggerCounts,
    watchChanges: createWatchChanges(store.connection),
    secretBox,
    holder: ground.holder,
    clock,
    log: log.room('trigger'),
  });

  await Promise.all([served.loaded, followed.loaded]);
  await delivery.start();
  startBackground(ground, { stores, eventLog, meter, triggerCounts, isStopping });
  onClose(() => runTriggers.close());
  ground.repeatEvery(lookEveryMs, () => runTriggers.look());

  const server = createHttpServer({ log: log.room('http'), maxBodyBytes: config.maxBodyBytes, newErrorId });
  registerHealth(server, { checkStore: () => store.checkWritable(), isStopping });
  if (config.role !== 'worker') {
    const doors = { schemas, results, rooms, credentials, live, tail, meter, publisher, servedTriggers, fire };
    await openDoors(server, ground, { ...doors, eventTypes: followed });
  }
  const url = await server.listen({ port: config.port, host: config.host });
  ground.started();
  onClose(async () => {
    // Requests that do not end in time are cut off; what they published is in the log or was not acknowledged.
    const cut = setTimeout(() => server.server.closeAllConnections(), requestGraceMs);
    await server.close();
    clearTimeout(cut);
  });
  return { url, newAdminKey: keys.isAdminKeyNew ? keys.adminKey : null };
}

// Where the rooms keep what they keep: all stores over one database, their indexes made.
import { createApiKeyStore } from '../application/api-key-store.js';
import { createApplicationStore } from '../application/application-store.js';
import { createAttemptStore } from '../delivery/attempt-store.js';
import { createCircuitStore } from '../delivery/circuit-store.js';
import { createDeliveryStore } from '../delivery/delivery-store.js';
import { createHolderStore } from '../delivery/holder-store.js';
import { createPermitStore } from '../delivery/permit-store.js';
import { createReplayDeliveryStore } from '../delivery/replay-delivery-store.js';
import { createReplayStore } from '../delivery/replay-store.js';
import { createEventStore } from '../event/event-store.js';
import { createPlanMarkStore } from '../event/plan-mark-store.js';
import { createEventTypeStore } from '../event-type/event-type-store.js';
import { createStatsStore } from '../stats/stats-store.js';
import { createTriggerCountStore } from '../trigger/trigger-count-store.js';
import { createTriggerRunStore } from '../trigger/trigger-run-store.js';
import { createTriggerStore } from '../trigger/trigger-store.js';
import { createWebhookSubscriptionStore } from '../webhook-subscription/webhook-subscription-store.js';
import type { Ground } from './ground.js';

/** All stores. */
export type Stores = Awaited<ReturnType<typeof openStores>>;

/** Opens the stores. Throws what the database throws. */
export async function openStores({ store: { connection }, isShared, clock }: Ground) {
  const indexed = {
    applications: createApplicationStore(connection),
    apiKeys: createApiKeyStore(connection),
    eventTypes: createEventTypeStore(connection),
    events: createEventStore(connection),
    webhookSubscriptions: createWebhookSubscriptionStore(connection, isShared),
    deliveries: createDeliveryStore(connection),
    attempts: createAttemptStore(connection),
    replays: createReplayStore(connection),
    stats: createStatsStore(connection),
    triggers: createTriggerStore(connection, isShared),
  };
  await Promise.all(Object.values(indexed).map((one) => one.createIndexes()));
  return {
    ...indexed,
    planMark: createPlanMarkStore(connection),
    circuits: createCircuitStore(connection),
    permits: createPermitStore(connection, clock),
    holders: createHolderStore(connection),
    replayDeliveries: createReplayDeliveryStore(connection),
    triggerCounts: createTriggerCountStore(connection),
    triggerRuns: createTriggerRunStore(connection),
  };
}

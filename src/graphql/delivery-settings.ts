// Resolvers of schema/delivery-settings.graphql: the values in force, set or default.
import { checkRetryPolicy, type RetryPolicyInput } from '../retry-policy/retry-settings.js';
import { compileDeliveryPolicy } from '../webhook-subscription/delivery-settings.js';
import type { Resolvers, RetryPolicy } from './generated.js';

/** What is set about deliveries. */
export const deliverySettingsResolvers: Resolvers = {
  WebhookSubscription: {
    // Every webhook subscription has at least one target.
    url: ({ targets }) => targets[0]?.url ?? '',
    targets: ({ targets }) => [...targets],
    retryPolicy: ({ deliverySettings }) => showRetryPolicy(deliverySettings.retryPolicy ?? {}),
    timeoutMs: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).timeoutMs,
    rateLimit: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).rateLimit,
    maxConcurrency: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).maxConcurrency,
    ordering: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).ordering,
    whenExhausted: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).whenExhausted,
    whilePaused: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).whilePaused,
    disableAfterSeconds: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).disableAfterMs / 1000,
    targetStrategy: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).targetStrategy,
    handshake: ({ deliverySettings }) => compileDeliveryPolicy(deliverySettings).handshake,
  },
};

function showRetryPolicy(input: RetryPolicyInput): RetryPolicy {
  const { schedule, successStatuses, neverRetriedStatuses, ...settings } = checkRetryPolicy(input, 'retryPolicy');
  return {
    ...settings,
    schedule: schedule.name,
    delaysSeconds: schedule.delaysMs.map((delayMs) => delayMs / 1000),
    maxAttempts: schedule.delaysMs.length + 1,
    successStatuses: [...successStatuses],
    neverRetriedStatuses: [...neverRetriedStatuses],
  };
}

// The kind INBOUND_WEBHOOK: its configuration. What comes in is taken by receive-webhook.ts.
import { Problem } from '../problem.js';
import type { InboundWebhookSettings, TriggerSecrets } from './inbound-webhook-settings.js';
import type { TriggerKind } from './trigger-kind.js';
import { checkHeaderName } from './verification/hmac.js';
import { checkSecretText } from './verification/verification-scheme.js';
import { verificationSchemes } from './verification/verification-schemes.js';

const maxOrigins = 20;

/** Other systems' webhooks at `POST /triggers/:id`. Its mapping sees `{ body, headers, query }`. */
export const inboundWebhook: TriggerKind = {
  name: 'INBOUND_WEBHOOK',
  inputField: 'inboundWebhook',
  defaultMapping: { data: 'body' },
  check(input) {
    const { verification, deliveryIdHeader, cloudEventsOrigins, metaVerifyToken } = input as Record<string, unknown>;
    const { scheme, ...checked } = checkVerification(verification);
    const settings: InboundWebhookSettings = {
      scheme,
      verification: checked.settings,
      deliveryIdHeader: deliveryIdHeader == null ? null : checkHeaderName(deliveryIdHeader, 'deliveryIdHeader'),
      cloudEventsOrigins: checkOrigins(cloudEventsOrigins),
    };
    const secrets: TriggerSecrets = {
      ...checked.secrets,
      ...(metaVerifyToken == null ? {} : { metaVerifyToken: checkSecretText(metaVerifyToken, 'metaVerifyToken') }),
    };
    return { settings, secrets: Object.keys(secrets).length === 0 ? null : secrets };
  },
  toOccurrence: (data) => ({ body: data ?? null, headers: {}, query: {} }),
};

function checkVerification(verification: unknown) {
  const given = Object.entries(verification ?? {}).filter(([, value]) => value != null);
  const [[inputField, value] = ['', null]] = given;
  const scheme = Object.values(verificationSchemes).find((one) => one.inputField === inputField);
  if (scheme === undefined || given.length !== 1) {
    const message = 'verification must have exactly one field, a scheme';
    throw new Problem('INVALID_INPUT', message, { field: 'verification' });
  }
  try {
    return { scheme: scheme.name, ...scheme.check(value as Record<string, unknown>) };
  } catch (error) {
    throw error instanceof Problem ? error.under(`verification.${inputField}`) : error;
  }
}

function checkOrigins(origins: unknown): readonly string[] {
  const given = Array.isArray(origins) ? origins : [];
  const isOrigin = (origin: unknown): origin is string =>
    typeof origin === 'string' && /^(?:\*|[A-Za-z0-9.:_-]{1,253})$/.test(origin);
  if (given.length <= maxOrigins && given.every(isOrigin)) return given;
  const message = `cloudEventsOrigins must be at most ${maxOrigins} host names, or *`;
  throw new Problem('INVALID_INPUT', message, { field: 'cloudEventsOrigins' });
}

// Standard Webhooks: `webhook-signature: v1,<base64> …` over `id.timestamp.body`.
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { parseWebhookSecret } from '../../security/signing.js';
import {
  checkSecretText,
  checkTolerance,
  hmacSha256,
  isFresh,
  isSameDigest,
  type VerificationScheme,
} from './verification-scheme.js';

const maxSignatures = 10;

/** The scheme `STANDARD_WEBHOOKS`. */
export const standardWebhooks: VerificationScheme = {
  name: 'STANDARD_WEBHOOKS',
  inputField: 'standardWebhooks',
  deliveryIdHeader: 'webhook-id',
  check({ secret, toleranceSeconds }) {
    const text = checkSecretText(secret, 'secret');
    parseWebhookSecret(text, 'secret');
    return { settings: { toleranceSeconds: checkTolerance(toleranceSeconds) }, secrets: { secret: text } };
  },
  verify({ headers, body, now }, { toleranceSeconds = 0 }, { secret = '' }) {
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures = '' } = headers;
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    const expected = hmacSha256(key, `${id ?? ''}.${timestamp ?? ''}.`, body);
    const given = signatures
      .slice(0, 2048)
      .split(' ')
      .filter((one) => one.startsWith('v1,'));
    const matches = given.slice(0, maxSignatures).map((one) => isSameDigest(one.slice(3), expected, 'base64'));
    return matches.includes(true) && id !== undefined && isFresh(timestamp, now, toleranceSeconds);
  },
};

// Shopify: `X-Shopify-Hmac-Sha256: <base64>` over the body.
// Source: https://shopify.dev/docs/apps/build/webhooks/subscribe/https
import { checkSecretText, hmacSha256, isSameDigest, type VerificationScheme } from './verification-scheme.js';

/** The scheme `SHOPIFY`. */
export const shopify: VerificationScheme = {
  name: 'SHOPIFY',
  inputField: 'shopify',
  deliveryIdHeader: 'x-shopify-webhook-id',
  check: ({ secret }) => ({ settings: {}, secrets: { secret: checkSecretText(secret, 'secret') } }),
  verify: ({ headers, body }, _settings, { secret = '' }) =>
    isSameDigest(headers['x-shopify-hmac-sha256'], hmacSha256(secret, body), 'base64'),
};

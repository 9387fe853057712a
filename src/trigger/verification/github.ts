// GitHub, and Meta, which signs alike: `X-Hub-Signature-256: sha256=<hex>` over the body.
// Source: https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
import { checkSecretText, hmacSha256, isSameDigest, type VerificationScheme } from './verification-scheme.js';

/** The scheme `GITHUB`. */
export const github: VerificationScheme = {
  name: 'GITHUB',
  inputField: 'github',
  deliveryIdHeader: 'x-github-delivery',
  check: ({ secret }) => ({ settings: {}, secrets: { secret: checkSecretText(secret, 'secret') } }),
  verify({ headers, body }, _settings, { secret = '' }) {
    const given = /^sha256=([0-9a-f]{64})$/i.exec(headers['x-hub-signature-256'] ?? '')?.[1];
    return isSameDigest(given, hmacSha256(secret, body), 'hex');
  },
};

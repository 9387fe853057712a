// Stripe: `Stripe-Signature: t=<seconds>,v1=<hex>[,v1=<hex>]` over `t.body`.
// Source: https://docs.stripe.com/webhooks#verify-manually
import {
  checkSecretText,
  checkTolerance,
  hmacSha256,
  isFresh,
  isSameDigest,
  type VerificationScheme,
} from './verification-scheme.js';

const maxSignatures = 10;

/** The scheme `STRIPE`. */
export const stripe: VerificationScheme = {
  name: 'STRIPE',
  inputField: 'stripe',
  deliveryIdHeader: null,
  deliveryIdExpression: 'body.id',
  check: ({ secret, toleranceSeconds }) => ({
    settings: { toleranceSeconds: checkTolerance(toleranceSeconds) },
    secrets: { secret: checkSecretText(secret, 'secret') },
  }),
  verify({ headers, body, now }, { toleranceSeconds = 0 }, { secret = '' }) {
    const parts = (headers['stripe-signature'] ?? '').slice(0, 2048).split(',');
    const valuesOf = (name: string): string[] =>
      parts.filter((part) => part.trim().startsWith(`${name}=`)).map((part) => part.trim().slice(name.length + 1));
    const [timestamp] = valuesOf('t');
    const expected = hmacSha256(secret, `${timestamp ?? ''}.`, body);
    const matches = valuesOf('v1')
      .slice(0, maxSignatures)
      .map((given) => isSameDigest(given, expected, 'hex'));
    return matches.includes(true) && isFresh(timestamp, now, toleranceSeconds);
  },
};

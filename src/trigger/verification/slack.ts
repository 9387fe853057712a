// Slack: `X-Slack-Signature: v0=<hex>` over `v0:timestamp:body`.
// Source: https://docs.slack.dev/authentication/verifying-requests-from-slack
import {
  checkSecretText,
  checkTolerance,
  hmacSha256,
  isFresh,
  isSameDigest,
  type VerificationScheme,
} from './verification-scheme.js';

/** The scheme `SLACK`. */
export const slack: VerificationScheme = {
  name: 'SLACK',
  inputField: 'slack',
  deliveryIdHeader: null,
  deliveryIdExpression: 'body.event_id',
  check: ({ signingSecret, toleranceSeconds }) => ({
    settings: { toleranceSeconds: checkTolerance(toleranceSeconds) },
    secrets: { signingSecret: checkSecretText(signingSecret, 'signingSecret') },
  }),
  verify({ headers, body, now }, { toleranceSeconds = 0 }, { signingSecret = '' }) {
    const timestamp = headers['x-slack-request-timestamp'];
    const given = /^v0=([0-9a-f]{64})$/i.exec(headers['x-slack-signature'] ?? '')?.[1];
    const isSigned = isSameDigest(given, hmacSha256(signingSecret, `v0:${timestamp ?? ''}:`, body), 'hex');
    return isFresh(timestamp, now, toleranceSeconds) && isSigned;
  },
};

// GitLab: a token in `X-Gitlab-Token`.
// Source: https://docs.gitlab.com/user/project/integrations/webhooks/
import { checkSecretText, isSame, type VerificationScheme } from './verification-scheme.js';

/** The scheme `GITLAB`. */
export const gitlab: VerificationScheme = {
  name: 'GITLAB',
  inputField: 'gitlab',
  // The same on every retry of a delivery.
  deliveryIdHeader: 'idempotency-key',
  check: ({ token }) => ({ settings: {}, secrets: { token: checkSecretText(token, 'token') } }),
  verify: ({ headers }, _settings, { token = '' }) => isSame(headers['x-gitlab-token'], token),
};

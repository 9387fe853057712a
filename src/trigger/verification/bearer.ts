// A bearer token in `Authorization` (RFC 6750).
import { checkSecretText, isSame, type VerificationScheme } from './verification-scheme.js';

/** The scheme `BEARER`. */
export const bearer: VerificationScheme = {
  name: 'BEARER',
  inputField: 'bearer',
  deliveryIdHeader: null,
  check: ({ token }) => ({ settings: {}, secrets: { token: checkSecretText(token, 'token') } }),
  verify: ({ headers }, _settings, { token = '' }) =>
    isSame(/^Bearer +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1], token),
};

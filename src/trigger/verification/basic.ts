// HTTP Basic: name and password in `Authorization` (RFC 7617).
import { checkSecretText, isSame, type VerificationScheme } from './verification-scheme.js';

/** The scheme `BASIC`. */
export const basic: VerificationScheme = {
  name: 'BASIC',
  inputField: 'basic',
  deliveryIdHeader: null,
  check: ({ username, password }) => ({
    settings: {},
    secrets: { username: checkSecretText(username, 'username'), password: checkSecretText(password, 'password') },
  }),
  verify({ headers }, _settings, { username = '', password = '' }) {
    const encoded = /^Basic +(\S+)$/i.exec(headers['authorization'] ?? '')?.[1];
    const given = encoded === undefined ? undefined : Buffer.from(encoded, 'base64').toString();
    return isSame(given, `${username}:${password}`);
  },
};

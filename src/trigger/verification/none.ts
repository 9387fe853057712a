// No proof: whoever knows the address is believed. For trying things out, and behind something that verifies.
import { Problem } from '../../problem.js';
import type { VerificationScheme } from './verification-scheme.js';

/** The scheme `NONE`. */
export const none: VerificationScheme = {
  name: 'NONE',
  inputField: 'none',
  deliveryIdHeader: null,
  check({ accept }) {
    if (accept === true) return { settings: {}, secrets: {} };
    throw new Problem('INVALID_INPUT', 'accept must be true: everybody who knows the address is believed', {
      field: 'accept',
    });
  },
  verify: () => true,
};

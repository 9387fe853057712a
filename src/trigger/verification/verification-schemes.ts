// The list of verification schemes. A new one is a file, a line here, and its name in inbound-webhook-settings.ts.
import type { VerificationName } from '../inbound-webhook-settings.js';
import { basic } from './basic.js';
import { bearer } from './bearer.js';
import { github } from './github.js';
import { gitlab } from './gitlab.js';
import { hmac } from './hmac.js';
import { none } from './none.js';
import { shopify } from './shopify.js';
import { slack } from './slack.js';
import { standardWebhooks } from './standard-webhooks.js';
import { stripe } from './stripe.js';
import { twilio } from './twilio.js';
import type { VerificationScheme } from './verification-scheme.js';

/** All schemes by name. */
export const verificationSchemes: Readonly<Record<VerificationName, VerificationScheme>> = {
  GITHUB: github,
  GITLAB: gitlab,
  STRIPE: stripe,
  SHOPIFY: shopify,
  SLACK: slack,
  TWILIO: twilio,
  STANDARD_WEBHOOKS: standardWebhooks,
  HMAC: hmac,
  BASIC: basic,
  BEARER: bearer,
  NONE: none,
};

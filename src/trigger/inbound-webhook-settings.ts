// What an inbound webhook keeps about itself: the shapes of its settings and secrets as they are stored.

/** The verification schemes. */
export const verificationNames = [
  'GITHUB',
  'GITLAB',
  'STRIPE',
  'SHOPIFY',
  'SLACK',
  'TWILIO',
  'STANDARD_WEBHOOKS',
  'HMAC',
  'BASIC',
  'BEARER',
  'NONE',
] as const;

/** Name of a verification scheme. */
export type VerificationName = (typeof verificationNames)[number];

/** What a scheme keeps that may be shown; which fields, the scheme says. */
export interface VerificationSettings {
  readonly toleranceSeconds?: number;
  readonly url?: string;
  readonly algorithm?: string;
  readonly header?: string;
  readonly encoding?: 'hex' | 'base64';
  readonly prefix?: string;
  readonly timestampHeader?: string;
  readonly template?: string;
}

/** What is kept secret, by name. */
export type TriggerSecrets = Readonly<Record<string, string>>;

/** Settings of an inbound webhook. */
export interface InboundWebhookSettings {
  readonly scheme: VerificationName;
  readonly verification: VerificationSettings;
  /** Lower-case; takes the place of the scheme's. */
  readonly deliveryIdHeader: string | null;
  /** Origins that may send CloudEvents here; `*` for all. */
  readonly cloudEventsOrigins: readonly string[];
}

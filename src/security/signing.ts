// Webhook secrets and signatures after Standard Webhooks. Where secrets are kept and who may see them is decided elsewhere.
// Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac } from 'node:crypto';
import type { RandomBytes } from '../clock.js';
import { Problem } from '../problem.js';

const prefix = 'whsec_';
const minKeyBytes = 24;
const maxKeyBytes = 64;
const longestSecret = prefix.length + Math.ceil(maxKeyBytes / 3) * 4;

/** What one signature covers. `body` is exactly the bytes that are sent. */
export interface SignedMessage {
  /** The `webhook-id` header; without a dot it cannot be confused with the timestamp. */
  readonly id: string;
  /** The `webhook-timestamp` header: whole seconds since 1970. */
  readonly timestampSeconds: number;
  readonly body: Uint8Array;
  /** Keys to sign with, newest first; two during a rotation, so that old and new receivers both verify. */
  readonly keys: readonly Uint8Array[];
}

/** A new secret: `whsec_` and the base64 of 24 unpredictable bytes, 38 characters in all. Never throws. */
export function createWebhookSecret(bytes: RandomBytes): string {
  return prefix + bytes(minKeyBytes).toString('base64');
}

/**
 * The key in a secret: 24 to 64 bytes, given as `whsec_` and canonical base64 (standard alphabet, padded).
 * Throws `INVALID_INPUT` on `field`; the message never repeats the secret.
 */
export function parseWebhookSecret(text: string, field: string): Buffer {
  if (text.startsWith(prefix) && text.length <= longestSecret) {
    const encoded = text.slice(prefix.length);
    const key = Buffer.from(encoded, 'base64');
    // Buffer.from skips what is not base64; only a canonical text survives the round trip.
    const isCanonical = key.toString('base64') === encoded;
    if (isCanonical && key.length >= minKeyBytes && key.length <= maxKeyBytes) return key;
  }
  throw new Problem(
    'INVALID_INPUT',
    `A webhook secret is \`${prefix}\` followed by the base64 of ${minKeyBytes} to ${maxKeyBytes} bytes.`,
    { field },
  );
}

/**
 * The `webhook-signature` header: for each key `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`, separated by
 * one space. No key gives an empty text. Never throws.
 */
export function signWebhook(message: SignedMessage): string {
  const head = `${message.id}.${message.timestampSeconds}.`;
  let signatures = '';
  for (const key of message.keys) {
    // Two updates instead of one joined buffer: the body is never copied.
    const digest = createHmac('sha256', key).update(head).update(message.body).digest('base64');
    signatures += signatures === '' ? `v1,${digest}` : ` v1,${digest}`;
  }
  return signatures;
}

// The text form of API keys and how they are kept. Roles, expiry and look-up belong to the application room.
import { hash } from 'node:crypto';
import type { RandomBytes } from '../clock.js';

const shape = /^crl_[A-Za-z0-9_-]{43}$/;

/** A new key: `crl_` and 32 unpredictable bytes in base64url, 47 characters in all. Never throws. */
export function createApiKey(bytes: RandomBytes): string {
  return `crl_${bytes(32).toString('base64url')}`;
}

/**
 * The SHA-256 of a key in lower-case hex; what is stored and looked up. Never throws.
 *
 * A slow, salted hash protects what people choose and reuse. A key is 256 random bits: no dictionary holds it, no guess
 * finds it, no two are alike, so a fast hash gives nothing away, and it is computed for every request.
 */
export function hashApiKey(text: string): string {
  return hash('sha256', text, 'hex');
}

/** Whether a text could be a key of ours, which spares a look-up when it could not. */
export function isApiKeyShaped(text: string): boolean {
  return shape.test(text);
}

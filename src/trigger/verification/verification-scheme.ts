// What a verification scheme is: how the sender of an inbound webhook proves who it is. The list is in verification-schemes.ts.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { checkWholeNumber } from '../../number.js';
import { Problem } from '../../problem.js';
import type { TriggerSecrets, VerificationName, VerificationSettings } from '../inbound-webhook-settings.js';

/** A request whose sender is to be proved. */
export interface SignedRequest {
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Path and query as they were asked for. */
  readonly path: string;
  /** The body as it came. */
  readonly body: Buffer;
  readonly now: Date;
}

/** A verification scheme. */
export interface VerificationScheme {
  readonly name: VerificationName;
  /** Name of its field in the input. */
  readonly inputField: string;
  /** Header by which its senders name a delivery, or null. */
  readonly deliveryIdHeader: string | null;
  /** Expression over what happened for the sender's name of a delivery, where it stands in the body. */
  readonly deliveryIdExpression?: string;
  /** Checks what the owner sets. Throws `INVALID_INPUT`, its field under the scheme's. */
  check(input: Readonly<Record<string, unknown>>): { settings: VerificationSettings; secrets: TriggerSecrets };
  /** True when the sender is proved. Takes as long whether it is or not. Never throws. */
  verify(request: SignedRequest, settings: VerificationSettings, secrets: TriggerSecrets): boolean;
}

const maxSecretLength = 512;
/** From a second to a day. */
const toleranceRange = { min: 1, max: 86_400 };
const defaultToleranceSeconds = 300;

/** A secret of 1 to 512 characters. Throws `INVALID_INPUT` that does not repeat it. */
export function checkSecretText(value: unknown, field: string): string {
  if (typeof value === 'string' && value.length >= 1 && value.length <= maxSecretLength) return value;
  throw new Problem('INVALID_INPUT', `${field} must have 1 to ${maxSecretLength} characters`, { field });
}

/** How old or early a timestamp may be, in seconds: 1 to 86,400, by default 300. Throws `INVALID_INPUT`. */
export function checkTolerance(value: unknown): number {
  return value == null ? defaultToleranceSeconds : checkWholeNumber(Number(value), 'toleranceSeconds', toleranceRange);
}

/** True when two texts are equal; takes as long whether they are or not, whatever their lengths. */
export function isSame(given: string | undefined, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given ?? ''), digest(expected)) && given !== undefined;
}

/** True when a digest in text form is the expected one; takes as long whether it is or not. */
export function isSameDigest(given: string | undefined, expected: Buffer, encoding: 'hex' | 'base64'): boolean {
  const bytes = Buffer.from(given ?? '', encoding);
  const isOfLength = bytes.length === expected.length;
  return timingSafeEqual(isOfLength ? bytes : Buffer.alloc(expected.length), expected) && isOfLength;
}

/** HMAC-SHA256 over the parts, one after the other. */
export function hmacSha256(key: string | Buffer, ...parts: readonly (string | Buffer)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** True when a text is whole seconds since 1970 within the tolerance of now. */
export function isFresh(seconds: string | undefined, now: Date, toleranceSeconds: number): boolean {
  if (seconds === undefined || !/^\d{1,12}$/.test(seconds)) return false;
  return Math.abs(now.getTime() / 1000 - Number(seconds)) <= toleranceSeconds;
}

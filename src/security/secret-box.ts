// Encryption of secrets at rest: AES-256-GCM under one master key. Where the master key is kept is the settings' concern.
import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { RandomBytes } from '../clock.js';
import { Problem } from '../problem.js';

const algorithm = 'aes-256-gcm';
/** Names the algorithm and layout, so that another can be told apart from it later. */
const version = 'v1.';
const masterKeyBytes = 32;
// NIST SP 800-38D 8.3: with random 96-bit nonces, at most 2^32 texts under one key. Secrets stay far below that.
const nonceBytes = 12;
const tagBytes = 16;

/** Seals texts so that only the holder of the master key can read them, and only for the record they were sealed for. */
export interface SecretBox {
  /**
   * The text encrypted, as printable ASCII. `context` is authenticated but not stored: the id of the record that holds it,
   * so that a sealed text copied to another record does not open there. Never throws.
   */
  seal(plain: string, context: string): string;
  /** The text that was sealed in the same context. Throws `INTERNAL` when the text, key or context is another. */
  open(sealed: string, context: string): string;
}

/** A box under a master key of 32 bytes. Throws `INTERNAL` when the key has another length. */
export function createSecretBox(masterKey: Buffer, bytes: RandomBytes): SecretBox {
  if (masterKey.length !== masterKeyBytes) {
    throw new Problem('INTERNAL', `A master key has ${masterKeyBytes} bytes.`);
  }
  return {
    seal(plain, context) {
      const nonce = bytes(nonceBytes);
      const cipher = createCipheriv(algorithm, masterKey, nonce, { authTagLength: tagBytes });
      cipher.setAAD(Buffer.from(context));
      const sealed = Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
      return version + sealed.toString('base64url');
    },
    open(sealed, context) {
      try {
        return openV1(masterKey, sealed, context);
      } catch (cause) {
        throw new Problem('INTERNAL', 'A stored secret could not be opened with this master key.', { cause });
      }
    },
  };
}

/**
 * The master key in a setting: 64 hex digits, or the base64 of 32 bytes (canonical, padded).
 * Throws `INVALID_INPUT` on `field`; the message never repeats the key.
 */
export function parseMasterKey(text: string, field: string): Buffer {
  if (/^[0-9a-fA-F]{64}$/.test(text)) return Buffer.from(text, 'hex');
  const key = Buffer.from(text, 'base64');
  if (key.length === masterKeyBytes && key.toString('base64') === text) return key;
  throw new Problem('INVALID_INPUT', `A master key is ${masterKeyBytes} bytes as 64 hex digits or as base64.`, {
    field,
  });
}

function openV1(masterKey: Buffer, sealed: string, context: string): string {
  if (!sealed.startsWith(version)) throw new RangeError('unknown version');
  const raw = Buffer.from(sealed.slice(version.length), 'base64url');
  if (raw.length < nonceBytes + tagBytes) throw new RangeError('too short');
  const decipher = createDecipheriv(algorithm, masterKey, raw.subarray(0, nonceBytes), { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(raw.subarray(-tagBytes));
  const start = decipher.update(raw.subarray(nonceBytes, -tagBytes));
  // Nothing is returned before final() has proved the tag.
  return Buffer.concat([start, decipher.final()]).toString('utf8');
}

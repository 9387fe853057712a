// The spelling of a position in the log of events. What a position means, and whether it is still kept, is the log's
// business.
import { Problem } from '../problem.js';

/** A position in one log of events. */
export interface CursorPosition {
  /** Which log: 8 lower-case hex digits. */
  readonly logId: string;
  /** The sequence of the last event seen; 0 is before the first. At most 2^53 - 1. */
  readonly sequence: number;
}

// One byte of version, four of log id, the sequence in as few bytes as it needs (big endian, at least one), and a
// CRC-16 of all before it; written in base64url. A wrong or swapped character is always noticed by the CRC.
const version = 1;
const headBytes = 5;
const checksumBytes = 2;
const maxCursorLength = 19;

/** The cursor of a position: 11 to 19 URL-safe characters, one spelling per position. A bad position is our own fault: INTERNAL. */
export function encodeCursor(position: CursorPosition): string {
  const { logId, sequence } = position;
  if (!/^[0-9a-f]{8}$/.test(logId) || !Number.isSafeInteger(sequence) || sequence < 0) {
    throw new Problem('INTERNAL', 'A position of the log cannot be written as a cursor.');
  }
  const digits = sequence.toString(16);
  const body = Buffer.from(`0${version}${logId}${digits.length % 2 === 0 ? '' : '0'}${digits}`, 'hex');
  const checksum = Buffer.alloc(checksumBytes);
  checksum.writeUInt16BE(crc16(body));
  return Buffer.concat([body, checksum]).toString('base64url');
}

/**
 * The sequence that a cursor of the log `logId` stands for.
 * Raises CURSOR_INVALID for a text that `encodeCursor` did not make, and for a cursor of another log.
 */
export function decodeCursor(text: string, logId: string, field: string): number {
  const bytes = text.length > maxCursorLength ? Buffer.alloc(0) : Buffer.from(text, 'base64url');
  const sequenceBytes = bytes.length - headBytes - checksumBytes;
  if (sequenceBytes < 1 || bytes[0] !== version) throw malformed(field);
  const position = {
    logId: bytes.toString('hex', 1, headBytes),
    sequence: Number.parseInt(bytes.toString('hex', headBytes, headBytes + sequenceBytes), 16),
  };
  // Spelling it again checks all the rest: the checksum, the range, leading zeros, stray bits and characters.
  if (!Number.isSafeInteger(position.sequence) || encodeCursor(position) !== text) throw malformed(field);
  if (position.logId !== logId) {
    throw new Problem('CURSOR_INVALID', 'The cursor belongs to the log of another gateway.', { field });
  }
  return position.sequence;
}

function malformed(field: string): Problem {
  return new Problem('CURSOR_INVALID', 'This is no cursor; use one that an event or a page came with, unchanged.', {
    field,
  });
}

/** CRC-16/CCITT-FALSE: finds every change within 16 neighbouring bits, so any one or two neighbouring characters. */
function crc16(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1)
      crc = (crc & 0x8000) === 0 ? (crc << 1) & 0xffff : ((crc << 1) ^ 0x1021) & 0xffff;
  }
  return crc;
}

// The spelling of positions in the log: one per position, and nothing else is taken for one.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeCursor, encodeCursor } from '../../src/event/cursor.js';
import { Problem } from '../../src/problem.js';

const logIds = fc.stringMatching(/^[0-9a-f]{8}$/);
const positions = fc.record({ logId: logIds, sequence: fc.maxSafeNat() });
const invalid = { code: 'CURSOR_INVALID', field: 'after' };

test('a cursor gives back the sequence it was made of, and is short and URL-safe', () => {
  fc.assert(
    fc.property(positions, ({ logId, sequence }) => {
      const cursor = encodeCursor({ logId, sequence });
      assert.match(cursor, /^[A-Za-z0-9_-]{11,19}$/);
      assert.equal(decodeCursor(cursor, logId, 'after'), sequence);
    }),
  );
});

test('the ends of the range of sequences have cursors', () => {
  for (const sequence of [0, 1, 255, 256, 65_535, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
    assert.equal(decodeCursor(encodeCursor({ logId: '00ff00ff', sequence }), '00ff00ff', 'after'), sequence);
  }
});

test('a wrong, swapped or added character is noticed', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  fc.assert(
    fc.property(positions, fc.nat(), fc.constantFrom(...alphabet.split('')), (position, place, letter) => {
      const cursor = encodeCursor(position);
      const at = place % cursor.length;
      const swapped =
        cursor.slice(0, at) +
        cursor
          .slice(at, at + 2)
          .split('')
          .reverse()
          .join('') +
        cursor.slice(at + 2);
      const changes = [
        cursor.slice(0, at) + letter + cursor.slice(at + 1),
        swapped,
        `${cursor}=`,
        `${cursor} `,
        ` ${cursor}`,
        `${cursor}\n`,
      ];
      for (const changed of changes.filter((text) => text !== cursor)) {
        assert.throws(() => decodeCursor(changed, position.logId, 'after'), invalid);
      }
    }),
  );
});

test('a missing character is noticed but for one time in thousands: a checksum of 16 bits can no more', () => {
  let unnoticed = 0;
  let missing = 0;
  for (let sequence = 1; sequence < 2 ** 52; sequence = sequence * 3 + 1) {
    for (let log = 0; log < 100; log += 1) {
      const logId = (log * 40_503_011 + 77).toString(16).padStart(8, '0');
      const cursor = encodeCursor({ logId, sequence });
      for (let at = 0; at < cursor.length; at += 1) {
        missing += 1;
        try {
          decodeCursor(cursor.slice(0, at) + cursor.slice(at + 1), logId, 'after');
          unnoticed += 1;
        } catch (error) {
          if (!(error instanceof Problem) || error.code !== 'CURSOR_INVALID') throw error;
        }
      }
    }
  }
  assert.ok(unnoticed * 5000 <= missing, `${unnoticed} of ${missing}`);
});

test('any other text is refused, or is the one spelling of its position', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.base64String({ maxLength: 24 })), (text) => {
      try {
        assert.equal(encodeCursor({ logId: '0badcafe', sequence: decodeCursor(text, '0badcafe', 'after') }), text);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        assert.equal(Object(error).code, 'CURSOR_INVALID');
      }
    }),
  );
});

test('a cursor spelled in the other base64 alphabet is refused', () => {
  let cursor = '';
  for (let sequence = 0; !/[-_]/.test(cursor); sequence += 1) cursor = encodeCursor({ logId: 'fbfffbff', sequence });
  assert.throws(() => decodeCursor(cursor.replaceAll('-', '+').replaceAll('_', '/'), 'fbfffbff', 'after'), invalid);
});

test('a cursor of another log is refused and told apart from a damaged one', () => {
  const cursor = encodeCursor({ logId: '0badcafe', sequence: 7 });
  assert.throws(() => decodeCursor(cursor, '0badcaff', 'after'), { ...invalid, message: /log of another gateway/ });
  assert.throws(() => decodeCursor('hello', '0badcaff', 'after'), { ...invalid, message: /This is no cursor/ });
});

test('an endless text is refused without being read', () => {
  assert.throws(() => decodeCursor('A'.repeat(10_000_000), '0badcafe', 'after'), invalid);
});

test('no cursor is made of a position that cannot be', () => {
  for (const sequence of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => encodeCursor({ logId: '0badcafe', sequence }), { code: 'INTERNAL' });
  }
  assert.throws(() => encodeCursor({ logId: 'log', sequence: 1 }), { code: 'INTERNAL' });
});

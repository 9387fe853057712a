// The Retry-After header.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseRetryAfter } from '../../src/retry-policy/retry-after.js';

const now = new Date('1994-11-06T08:49:30.500Z');

test('reads delay seconds', () => {
  assert.equal(parseRetryAfter('120', now), 120);
  assert.equal(parseRetryAfter(' 0 ', now), 0);
  assert.equal(parseRetryAfter('007', now), 7);
});

test('reads the three date formats of RFC 9110, rounding up', () => {
  for (const date of ['Sun, 06 Nov 1994 08:49:37 GMT', 'Sunday, 06-Nov-94 08:49:37 GMT', 'Sun Nov  6 08:49:37 1994']) {
    assert.equal(parseRetryAfter(date, now), 7, date);
  }
});

test('a date that has passed is no wait', () => {
  assert.equal(parseRetryAfter('Sun, 06 Nov 1994 08:49:30 GMT', now), 0);
  assert.equal(parseRetryAfter('Thu, 01 Jan 1970 00:00:00 GMT', now), 0);
});

test('a wait of more than a day counts as a day', () => {
  assert.equal(parseRetryAfter('86401', now), 86_400);
  assert.equal(parseRetryAfter('9'.repeat(400), now), 86_400);
  assert.equal(parseRetryAfter('Fri, 31 Dec 9999 23:59:59 GMT', now), 86_400);
});

test('a missing or malformed header asks for nothing', () => {
  const bad = [
    '',
    '-1',
    '+1',
    '1.5',
    '1e3',
    '0x10',
    '1,2',
    'soon',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 CET',
  ];
  for (const value of [null, ...bad, 'Sun, 06 Nov 1994 99:49:37 GMT', 'Sun, 06 Foo 1994 08:49:37 GMT']) {
    assert.equal(parseRetryAfter(value, now), null, String(value));
  }
});

test('whatever the header holds, the wait is null or 0 to 86,400 whole seconds', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
      ),
      (value) => {
        const seconds = parseRetryAfter(value, now);
        assert.ok(seconds === null || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 86_400));
      },
    ),
  );
});

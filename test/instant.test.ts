// Instants as text: what RFC 3339 allows, and what only looks like it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInstant } from '../src/instant.js';

test('a date-time of RFC 3339 is an instant, in whatever offset', () => {
  assert.equal(parseInstant('2018-04-05T17:31:00Z')?.toISOString(), '2018-04-05T17:31:00.000Z');
  assert.equal(parseInstant('2018-04-05t17:31:00.123456789z')?.toISOString(), '2018-04-05T17:31:00.123Z');
  assert.equal(parseInstant('2024-02-29T00:30:00+01:00')?.toISOString(), '2024-02-28T23:30:00.000Z');
});

test('days that no month has, times without an offset and other texts are none', () => {
  const wrong = ['', '2023-02-29T00:00:00Z', '2026-04-31T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01T24:00:00Z'];
  for (const text of [...wrong, '2026-01-01', '2026-01-01T00:00:00', '0000-01-01T00:00:00Z', ' 2026-01-01T00:00:00Z'])
    assert.equal(parseInstant(text), null, text);
});

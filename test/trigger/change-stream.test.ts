// Change streams: what is refused by the name of its field, and that none watches what the gateway itself writes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Problem } from '../../src/problem.js';
import { changeStream, ownCollections } from '../../src/trigger/change-stream.js';
import { projectRoot } from '../kit/project-root.js';

test('every collection that the sources open is one that nobody may watch', () => {
  const src = join(projectRoot, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const opened = files
    .filter((path) => !path.startsWith('embedded-mongo'))
    .flatMap((path) => [
      ...readFileSync(join(src, path), 'utf8').matchAll(/connection\.(?:model\('\w+', \w+, |collection\()'(\w+)'/g),
    ])
    .map((match) => match[1] ?? '');
  assert.ok(opened.length > 15);
  assert.deepEqual([...new Set(opened)].sort(), [...ownCollections].sort());
});

test('what is no change stream is refused by the name of its field', () => {
  const refused: readonly (readonly [object, string])[] = [
    [{ collection: 'events' }, 'collection'],
    [{ collection: '' }, 'collection'],
    [{ collection: '$cmd' }, 'collection'],
    [{ collection: 'x'.repeat(256) }, 'collection'],
    [{ collection: 'orders', uri: 'http://example.com', database: 'shop' }, 'uri'],
    [{ collection: 'orders', uri: `mongodb://${'x'.repeat(2048)}`, database: 'shop' }, 'uri'],
    [{ collection: 'orders', uri: 'mongodb://example.com' }, 'database'],
    [{ collection: 'orders', pipeline: {} }, 'pipeline'],
    [{ collection: 'orders', pipeline: [{ $out: 'events' }] }, 'pipeline'],
    [{ collection: 'orders', pipeline: [{ $match: {}, $out: 'events' }] }, 'pipeline'],
    [{ collection: 'orders', pipeline: Array.from({ length: 21 }, () => ({ $match: {} })) }, 'pipeline'],
    [{ collection: 'orders', pipeline: [{ $match: { a: 'x'.repeat(20_000) } }] }, 'pipeline'],
  ];
  for (const [input, field] of refused) {
    assert.throws(
      () => changeStream.check(input, new Date(0)),
      (error) => error instanceof Problem && error.field === field,
      JSON.stringify(input).slice(0, 100),
    );
  }
});

test('a connection string is a secret and no setting', () => {
  const uri = 'mongodb://user:password@example.com/';
  const { settings, secrets } = changeStream.check({ uri, database: 'shop', collection: 'events' }, new Date(0));
  assert.deepEqual(secrets, { uri });
  assert.ok(!JSON.stringify(settings).includes('password'));
});

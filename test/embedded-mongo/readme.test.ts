// What the README and the rules say about the folder, against the folder.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

import { gaps } from '../contract/store/gaps.js';

const folder = 'src/embedded-mongo';
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

test('the README names every file, and no file that is not there', () => {
  const readme = readFileSync(`${folder}/README.md`, 'utf8');
  for (const file of files) if (!file.startsWith('commands/')) assert.ok(readme.includes(`\`${file}\``), file);
  for (const [, name = ''] of readme.matchAll(/`([a-z-]+(?:\/[a-z-]+)?\.ts)`/g)) assert.ok(files.includes(name), name);
});

test('the store imports packages, built-ins and its own files only', () => {
  // The driver is what backup.ts asks a running store with.
  const packages = ['lmdb', 'bson', 'mingo', 're2js', 'mongodb'];
  for (const file of files) {
    const depth = file.startsWith('commands/') ? /^\.\.?\/(?!\.)/ : /^\.\/(?!\.)/;
    for (const [, source = ''] of readFileSync(`${folder}/${file}`, 'utf8').matchAll(/ from '([^']+)';/g)) {
      assert.ok(packages.includes(source) || source.startsWith('node:') || depth.test(source), `${file}: ${source}`);
    }
  }
});

test('every known gap of the README has its expected failures, and no other', () => {
  const [, table = ''] = readFileSync(`${folder}/README.md`, 'utf8').split('\n## Known gaps\n');
  const rows = table.split('\n').filter((line) => line.startsWith('| '));
  assert.deepEqual(
    rows.slice(2).map((row) => row.split(' | ')[0]?.slice(2)),
    gaps.map(({ row }) => row),
  );
  for (const { row, checks } of gaps) assert.ok(checks.length > 0, row);
});

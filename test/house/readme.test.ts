// The README's tables say what the code says. Reads files, runs nothing.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { settingsTable } from '../../src/config.js';
import { problemKinds } from '../../src/problem.js';
import { projectRoot } from '../kit/project-root.js';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');

/** The rows of the first table behind a heading, cells trimmed, without its head. */
function tableBehind(heading: string): string[][] {
  const [, rest = ''] = readme.split(`\n## ${heading}\n`);
  const [section = ''] = rest.split('\n## ');
  const rows = section.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('the settings table of the README is the one of the code', () => {
  const settings = Object.values(settingsTable({ isNetwork: () => true }));
  const expected = settings.map(({ env, fallback, sentence }) => [`\`${env}\``, fallback, sentence]);
  assert.deepEqual(tableBehind('Settings'), expected);
});

test('the table of what a webhook subscription sets has every setting', () => {
  const sdl = readFileSync(join(projectRoot, 'schema', 'delivery-settings.graphql'), 'utf8');
  const [, input = ''] = /\nextend input CreateWebhookSubscriptionInput \{\n([^}]*)\}/.exec(sdl) ?? [];
  const names = [...input.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => `\`${name}\``);
  assert.ok(names.length > 0);
  assert.deepEqual(
    tableBehind('What a webhook subscription sets').map(([name]) => name),
    names,
  );
});

test('the error table of the README is the one of the code', () => {
  const expected = Object.entries(problemKinds).map(([code, { status, meaning }]) => [
    `\`${code}\``,
    String(status),
    meaning,
  ]);
  assert.deepEqual(tableBehind('Errors'), expected);
});

test('the map of rooms in the README names every room of the tree', () => {
  const rooms = readdirSync(join(projectRoot, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const named = new Set(tableBehind('The house').map(([room]) => room?.replace(/^`src\/(.*)\/`$/, '$1')));
  assert.deepEqual(
    rooms.map(({ name }) => name).filter((name) => !named.has(name)),
    [],
  );
});

test('every relative link of the README leads to a file', () => {
  const targets = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] ?? '');
  for (const target of targets) readFileSync(join(projectRoot, target));
});

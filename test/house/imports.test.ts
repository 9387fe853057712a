// Imports point down only: each room may import from the rooms below it and from itself. Reads the sources, runs nothing.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../kit/project-root.js';

/** From the top down; rooms of one row do not import each other. */
const storeys: readonly (readonly string[])[] = [
  ['main'],
  ['app', 'demo'],
  ['graphql', 'http', 'console', 'catalog'],
  ['trigger'],
  ['publish'],
  ['delivery', 'live'],
  ['webhook-subscription', 'application'],
  ['payload', 'retry-policy', 'typed-event'],
  ['security'],
  ['event'],
  ['event-type'],
  ['stats'],
  [
    'production',
    'problem',
    'clock',
    'config',
    'log',
    'deadline',
    'catch-up',
    'revision-store',
    'group-commit',
    'instant',
    'jsonata',
    'store',
    'store-time',
    'repeat',
    'paging',
    'number',
    'text',
    'version',
  ],
];

/** Imports that the plan of the house allows although they go sideways, each with its reason. */
const allowed: Readonly<Record<string, string>> = {
  'jsonata -> clock': 'ground',
  'catch-up -> clock': 'ground',
  'catch-up -> deadline': 'ground',
  'catch-up -> problem': 'ground',
  'revision-store -> store': 'ground',
  'deadline -> clock': 'ground',
  'deadline -> problem': 'ground',
  'group-commit -> deadline': 'ground',
  'repeat -> clock': 'ground',
  'repeat -> deadline': 'ground',
  'repeat -> log': 'ground',
  'log -> config': 'the level of a log is a setting',
  'store -> problem': 'ground',
  'store -> clock': 'ground',
  'store-time -> clock': 'ground',
  'store-time -> log': 'ground',
  'store-time -> repeat': 'ground',
  'paging -> problem': 'ground',
  'text -> problem': 'ground',
  'number -> problem': 'ground',
  'app -> embedded-mongo': 'the lodger is started by the composition root alone',
  'main -> embedded-mongo': 'its backups are made by commands, not by the running program',
};

interface Import {
  readonly from: string;
  readonly to: string;
  readonly file: string;
}

function roomOf(path: string): string {
  const [first = ''] = path.split('/');
  return first.replace(/\.ts$/, '');
}

function readImports(): Import[] {
  const src = join(projectRoot, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  return files.flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    const targets = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
    return targets.map((target) => {
      const to = posix.join(posix.dirname(file), target);
      return { file, from: roomOf(file), to: roomOf(to.replace(/\.js$/, '.ts')) };
    });
  });
}

const rank = new Map(storeys.flatMap((rooms, index) => rooms.map((room) => [room, index] as const)));

test('every room of the tree has its storey', () => {
  const rooms = new Set(readdirSync(join(projectRoot, 'src')).map(roomOf));
  rooms.delete('embedded-mongo');
  assert.deepEqual(
    [...rooms].filter((room) => !rank.has(room)),
    [],
  );
});

test('imports point down only', () => {
  const wrong = readImports()
    .filter(({ from, to }) => from !== to && allowed[`${from} -> ${to}`] === undefined)
    .filter(({ from, to }) => (rank.get(to) ?? -1) <= (rank.get(from) ?? storeys.length))
    .map(({ file, to }) => `${file} imports ${to}`);
  assert.deepEqual(wrong, []);
});

test('the embedded store imports nothing of ours', () => {
  assert.deepEqual(
    readImports().filter(({ from, to }) => from === 'embedded-mongo' && to !== from),
    [],
  );
});

test('process.env is read in config.ts alone, and only main.ts exits', () => {
  const src = join(projectRoot, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => /\.tsx?$/.test(path));
  const offenders = files.flatMap((file) => {
    const text = readFileSync(join(src, file), 'utf8');
    const reads =
      !['config.ts', 'production.ts'].includes(file) && /process\.env\b/.test(text)
        ? [`${file} reads process.env`]
        : [];
    const exits =
      file !== 'main.ts' && !file.startsWith('demo/') && /process\.exit\(/.test(text) ? [`${file} exits`] : [];
    return [...reads, ...exits];
  });
  assert.deepEqual(offenders, []);
});

test('mongoose is used in stores alone', () => {
  const src = join(projectRoot, 'src');
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.ts'));
  const users = files.filter((file) => /from 'mongoose'/.test(readFileSync(join(src, file), 'utf8')));
  assert.deepEqual(
    users.filter((file) => !/(^|\/)([a-z-]+-)?store\.ts$/.test(file)),
    [],
  );
});

test('no folder or file has a name that says nothing', () => {
  const src = join(projectRoot, 'src');
  const names = readdirSync(src, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    names.filter((path) => /(^|\/)(utils?|helpers?|misc|common|services?|managers?)(\/|\.ts$|$)/.test(path)),
    [],
  );
});

test('examples use the API alone: they import packages and each other, nothing of ours', () => {
  const examples = join(projectRoot, 'examples');
  const files = readdirSync(examples, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.mjs'));
  assert.ok(files.length > 0);
  const wrong = files.flatMap((file) => {
    const text = readFileSync(join(examples, file), 'utf8');
    const targets = [...text.matchAll(/(?:from |import\()'(\.[^']+)'/g)].map((match) => match[1] ?? '');
    return targets
      .map((target) => posix.join(posix.dirname(file), target))
      .filter((target) => target.startsWith('..'))
      .map((target) => `${file} imports ${target}`);
  });
  assert.deepEqual(wrong, []);
});

// The program from the outside: its commands and exit codes. Starting, stopping and serving are the journeys.
import assert from 'node:assert/strict';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createDataDir, runProgram } from './kit/gateway.js';

let folder: string;

before(async () => {
  folder = await createDataDir();
});

after(() => rm(folder, { recursive: true, force: true }));

test('an unknown command prints the usage and ends with 64', async () => {
  const { code, stdout, stderr } = await runProgram({}, ['strat']);
  assert.equal(code, 64);
  assert.equal(stdout, '');
  assert.match(stderr, /^usage: carillon .*start.*demo.*key/s);
});

test('key prints the admin key that is kept, and nothing else', async () => {
  await writeFile(join(folder, 'admin.key'), 'crl_kept-key\n');
  const { code, stdout, stderr } = await runProgram({ CARILLON_DATA_DIR: folder }, ['key']);
  assert.deepEqual([code, stdout, stderr], [0, 'crl_kept-key\n', '']);
  const given = await runProgram({ CARILLON_DATA_DIR: folder, CARILLON_ADMIN_KEY: 'x'.repeat(20) }, ['key']);
  assert.equal(given.stdout, `${'x'.repeat(20)}\n`);
});

test('key without a key says when one is made, and makes nothing', async () => {
  const { code, stdout, stderr } = await runProgram({ CARILLON_DATA_DIR: join(folder, 'none') }, ['key']);
  assert.equal(code, 69);
  assert.equal(stdout, '');
  assert.match(stderr, /^carillon: there is no admin\.key in \S+none yet; [^\n]+\n$/);
  await mkdir(join(folder, 'none'));
});

test('every command checks the settings first', async () => {
  for (const args of [[], ['start'], ['key'], ['backup', 'x'], ['restore', 'x']]) {
    const { code, stderr } = await runProgram({ LOG_LEVEL: 'loud', CARILLON_NONE: '1' }, args);
    assert.equal(code, 78, args.join());
    assert.equal(stderr.trimEnd().split('\n').length, 3, stderr);
  }
});

test('backup and restore used wrongly say so in one line and end with 64', async () => {
  const uri = { MONGODB_URI: 'mongodb://127.0.0.1:1/x' };
  const wrong: [env: Record<string, string>, args: string[]][] = [
    [{}, ['backup']],
    [{}, ['backup', 'a', 'b']],
    [{}, ['restore']],
    [{}, ['restore', '']],
    [uri, ['backup', 'a']],
    [uri, ['restore', 'a']],
  ];
  for (const [env, args] of wrong) {
    const { code, stdout, stderr } = await runProgram({ CARILLON_DATA_DIR: folder, ...env }, args);
    assert.deepEqual([code, stdout], [64, ''], args.join(' '));
    assert.match(stderr, /^carillon: (backup|restore) [^\n]+\n$/);
  }
});

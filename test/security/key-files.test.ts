// Keys kept in the data dir: made once, readable by their owner alone, never half-written.
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import { readKey, readOrMakeKey } from '../../src/security/key-files.js';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-keys-'));
  folders.push(folder);
  return folder;
}
const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);
const never = (): string => assert.fail('must not be made');

test('a key is made at the first time and read from then on', () => {
  const folder = newFolder();
  assert.deepEqual(
    readOrMakeKey(folder, 'a.key', () => 'one'),
    { text: 'one', isNew: true },
  );
  assert.deepEqual(readOrMakeKey(folder, 'a.key', never), { text: 'one', isNew: false });
  assert.deepEqual(
    readOrMakeKey(folder, 'b.key', () => 'two'),
    { text: 'two', isNew: true },
  );
  assert.deepEqual(readdirSync(folder).sort(), ['a.key', 'b.key']);
});

test('the file belongs to its owner alone, also when somebody opened it up', () => {
  const folder = newFolder();
  readOrMakeKey(folder, 'a.key', () => 'one');
  const path = join(folder, 'a.key');
  assert.equal(modeOf(path), '600');
  chmodSync(path, 0o644);
  readOrMakeKey(folder, 'a.key', never);
  assert.equal(modeOf(path), '600');
});

test('a folder that does not exist is made', () => {
  const folder = join(newFolder(), 'deep', 'data');
  readOrMakeKey(folder, 'a.key', () => 'one');
  assert.equal(modeOf(folder), '700');
});

test('blanks around a key that a person put there do not count', () => {
  const folder = newFolder();
  writeFileSync(join(folder, 'a.key'), '  one \n\n');
  assert.deepEqual(readOrMakeKey(folder, 'a.key', never), { text: 'one', isNew: false });
});

test('a key that another process put there meanwhile wins', () => {
  const folder = newFolder();
  const made = readOrMakeKey(folder, 'a.key', () => {
    writeFileSync(join(folder, 'a.key'), 'theirs\n');
    return 'ours';
  });
  assert.deepEqual(made, { text: 'theirs', isNew: false });
  assert.deepEqual(readdirSync(folder), ['a.key']);
});

test('a draft that a crash left behind does no harm, whatever its mode', () => {
  const folder = newFolder();
  const draft = join(folder, `a.key.${process.pid}.new`);
  writeFileSync(draft, 'left over and longer', { mode: 0o644 });
  assert.deepEqual(
    readOrMakeKey(folder, 'a.key', () => 'one'),
    { text: 'one', isNew: true },
  );
  assert.equal(readFileSync(join(folder, 'a.key'), 'utf8'), 'one\n');
  assert.equal(modeOf(join(folder, 'a.key')), '600');
  assert.deepEqual(readdirSync(folder), ['a.key']);
});

test('an empty file is refused, not replaced', () => {
  const folder = newFolder();
  const path = join(folder, 'a.key');
  writeFileSync(path, '\n');
  assert.throws(() => readOrMakeKey(folder, 'a.key', never), { code: 'INVALID_INPUT', field: path });
  assert.deepEqual(readdirSync(folder), ['a.key']);
});

test('what is missing is null, and what cannot be read is an error', () => {
  const folder = newFolder();
  assert.equal(readKey(join(folder, 'none')), null);
  assert.throws(() => readKey(folder), { code: 'EISDIR' });
});

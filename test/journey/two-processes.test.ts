// Starts that must not succeed: each ends soon, with one clear line on standard error and an exit code that says whose fault
// it is (after sysexits.h).
import assert from 'node:assert/strict';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  createDatabaseUri,
  createDataDir,
  type Gateway,
  isEmbedded,
  runProgram,
  startGateway,
} from '../kit/gateway.js';

let gateway: Gateway;
let folder: string;

before(async () => {
  folder = await createDataDir();
  gateway = await startGateway();
});

after(async () => {
  await gateway.stop();
  await rm(folder, { recursive: true, force: true });
});

/** The settings of a start that gets as far as its own mistake. */
function settings(more: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const uri = createDatabaseUri();
  return {
    PORT: '0',
    CARILLON_DATA_DIR: join(folder, 'data'),
    LOG_LEVEL: 'silent',
    ...(uri === null ? {} : { MONGODB_URI: uri }),
    ...more,
  };
}

function assertOneLine(stderr: string, pattern: RegExp): void {
  assert.match(stderr, /^carillon: [^\n]+\n$/);
  assert.match(stderr, pattern);
}

test('a data dir that another process owns is refused, naming the owner', { skip: !isEmbedded }, async (t) => {
  const { code, stderr, stdout, ms } = await runProgram(settings({ CARILLON_DATA_DIR: gateway.dataDir }));
  assert.equal(code, 69);
  assertOneLine(stderr, new RegExp(`in use by process ${gateway.pid}\\b`));
  assert.equal(stdout, '');
  t.diagnostic(`refused in ${Math.round(ms)} ms`);
  assert.deepEqual(await gateway.request('{ viewer { role } }'), { viewer: { role: 'ADMIN' } });
});

test('a port in use is refused, naming it', async () => {
  const { port } = new URL(gateway.url);
  const { code, stderr, stdout } = await runProgram(settings({ PORT: port }));
  assert.equal(code, 69);
  assertOneLine(stderr, new RegExp(`127\\.0\\.0\\.1:${port}\\b.*PORT`));
  assert.equal(stdout, '');
});

test('what was opened before the port was refused is given back', { skip: !isEmbedded }, async () => {
  const next = await startGateway({ dataDir: join(folder, 'data') });
  assert.equal((await next.kill('SIGTERM')).code, 0);
  // Nobody has seen the admin key of the start that failed.
  assert.match(next.stdout(), /^Console: \S+#key=crl_/m);
});

test('an address of another machine is refused', async () => {
  const { code, stderr } = await runProgram(settings({ HOST: '192.0.2.1' }));
  assert.notEqual(code, 0);
  assertOneLine(stderr, /192\.0\.2\.1/);
});

test('wrong settings are listed all at once, with exit code 78', async () => {
  const { code, stderr, stdout } = await runProgram({
    PORT: '70000',
    HOST: 'not a host',
    MONGODB_URI: 'http://localhost',
    CARILLON_DATA_DIR: join(folder, 'wrong'),
    CARILLON_ADMIN_KEY: 'short',
    CARILLON_MASTER_KEY: 'secret-that-must-not-be-shown',
    CARILLON_ROLE: 'boss',
    CARILLON_ALLOW_NETWORKS: '10.0.0.0/8, 300.0.0.0/8',
    LOG_LEVEL: 'loud',
    CARILLON_MAX_EVENT_BYTES: '12',
    CARILLON_PROT: '4000',
  });
  assert.equal(code, 78);
  assert.equal(stdout, '');
  const lines = stderr.trimEnd().split('\n');
  assert.equal(lines[0], 'carillon: wrong settings:');
  assert.deepEqual(
    lines.slice(1).map((line) => /^ {2}([A-Z_]+) /.exec(line)?.[1]),
    [
      'PORT',
      'HOST',
      'MONGODB_URI',
      'CARILLON_ADMIN_KEY',
      'CARILLON_MASTER_KEY',
      'CARILLON_ROLE',
      'CARILLON_ALLOW_NETWORKS',
      'LOG_LEVEL',
      'CARILLON_MAX_EVENT_BYTES',
      'CARILLON_PROT',
    ],
  );
  assert.doesNotMatch(stderr, /secret-that-must-not-be-shown|short/);
});

test('a database that nobody serves is one clear line within about 12 s, without the password', async (t) => {
  // A port that was free a moment ago.
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  await new Promise((resolve) => server.close(resolve));
  const uri = `mongodb://somebody:hidden-word@127.0.0.1:${port}/x?authSource=admin`;
  const { code, stderr, ms } = await runProgram(settings({ MONGODB_URI: uri }));
  assert.equal(code, 69);
  assertOneLine(stderr, new RegExp(`127\\.0\\.0\\.1:${port}`));
  assert.doesNotMatch(stderr, /hidden-word/);
  // 10 s for the database, the rest for a start on a busy machine.
  assert.ok(ms < 17_000, `took ${ms} ms`);
  t.diagnostic(`gave up after ${Math.round(ms)} ms`);
});

test('a data dir that cannot be used is one clear line', { skip: !isEmbedded }, async () => {
  const file = join(folder, 'file');
  await writeFile(file, 'no folder');
  const { code, stderr } = await runProgram(settings({ CARILLON_DATA_DIR: file }));
  assert.equal(code, 69);
  assertOneLine(stderr, /data directory .*file/);
});

test('a damaged master key is one clear line', async () => {
  const dataDir = join(folder, 'damaged');
  await mkdir(dataDir, { mode: 0o700 });
  await writeFile(join(dataDir, 'master.key'), 'not a key\n');
  await chmod(join(dataDir, 'master.key'), 0o600);
  const { code, stderr } = await runProgram(settings({ CARILLON_DATA_DIR: dataDir }));
  assert.notEqual(code, 0);
  assertOneLine(stderr, /master\.key/);
});

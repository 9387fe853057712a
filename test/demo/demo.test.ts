// The demo as a person runs it: the built program, its output, its exit code, and what it leaves behind.
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { startReceiver } from '../kit/receiver.js';

const program = fileURLToPath(new URL('../../src/main.js', import.meta.url));
let folder = '';

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-demo-test-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  /** Exit code and output. */
  readonly ended: Promise<{ readonly code: unknown; readonly output: string }>;
}

function runDemo(...args: string[]): Run {
  const child = spawn(process.execPath, ['--enable-source-maps', program, 'demo', ...args], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const ended = once(child, 'close').then(([code]) => ({ code, output }));
  return { child, output: () => output, ended };
}

/** The number that the table shows for a label. */
function shown(output: string, label: string): number {
  const text = new RegExp(`^  ${label} +([\\d,]+) `, 'm').exec(output)?.[1];
  assert.ok(text !== undefined, `the output has no line "${label}":\n${output}`);
  return Number(text.replaceAll(',', ''));
}

test("GitHub's payloads are told by webhook and live, once each, and nothing is left behind", async () => {
  const { code, output } = await runDemo().ended;
  assert.equal(code, 0, output);
  // As many as match their schema; see the test of compileSchema.
  for (const label of ['published', 'delivered', 'verified', 'recorded', 'streamed']) {
    assert.equal(shown(output, label), 275, label);
  }
  assert.equal(shown(output, 'event types'), 160);
  assert.equal(shown(output, 'refused'), 52);
  assert.equal(shown(output, 'lost'), 0);
  assert.equal(shown(output, 'duplicates'), 0);
  const caughtUp = /live, (\d+) of them on resuming/.exec(output)?.[1];
  assert.ok(Number(caughtUp) >= 20, `the live client caught up on ${caughtUp}`);
  assert.match(output, /^ {2}publish -> webhook +\d+ ms +\d+ ms$/m);
  assert.match(output, /^ {2}publish -> live +\d+ ms +\d+ ms$/m);
  assert.deepEqual(readdirSync(folder), []);
});

test('--url sends the webhooks there', async () => {
  const receiver = await startReceiver();
  try {
    const { code, output } = await runDemo('--url', `${receiver.url}/hook`).ended;
    assert.equal(code, 0, output);
    assert.match(output, /verified +275 {3}from the gateway's delivery statuses/);
    const ids = new Set(receiver.requests.map(({ headers }) => headers['webhook-id']));
    assert.equal(ids.size, 275);
    assert.equal(receiver.requests[0]?.path, '/hook');
  } finally {
    await receiver.close();
  }
});

test('unknown arguments and a URL that is none show the usage and end with 64', async () => {
  for (const args of [['--fast'], ['--url'], ['--url', 'ftp://example.com'], ['--url', 'http://a.example', 'more']]) {
    const { code, output } = await runDemo(...args).ended;
    assert.equal(code, 64);
    assert.match(output, /^usage: carillon demo \[--url URL\]/);
  }
});

test('an interrupt ends the demo with 130, its processes and its folder', async () => {
  const run = runDemo();
  for await (const _ of run.child.stdout ?? []) if (run.output().includes('Publishing')) break;
  run.child.kill('SIGINT');
  // 'close' comes when nobody holds the output any more, and the other processes inherited it.
  const { code } = await run.ended;
  assert.equal(code, 130);
  assert.deepEqual(readdirSync(folder), []);
});

// The examples as a stranger runs them: the one command of their README, what it prints, and what it leaves behind.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { projectRoot } from '../kit/project-root.js';
import { until } from '../kit/until.js';

const names = readdirSync(join(projectRoot, 'examples'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
/** Longer than an example lets itself take. */
const runWithinMs = 70_000;

let folder = '';
/** A port that is taken. */
let port = 0;
const taken = createServer();

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-examples-'));
  taken.listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
});

after(() => {
  taken.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Run {
  /** Lines that were printed so far, without npm's own. */
  readonly lines: () => readonly string[];
  readonly signal: (name: NodeJS.Signals) => void;
  /** Resolves with the exit code when nobody holds its output any more: all that it started did. */
  readonly ended: Promise<{ readonly code: unknown; readonly stderr: string }>;
}

const running = new Set<number>();
process.on('exit', () => {
  for (const group of running) signalGroup(group, 'SIGKILL');
});

/** Runs a command in a process group of its own, as a terminal does, with settings around that are meant for others. */
function runCommand(command: string, env: Readonly<Record<string, string>> = {}): Run {
  const settings = { PORT: String(port), MONGODB_URI: 'mongodb://127.0.0.1:1', CARILLON_ROLE: 'nothing' };
  const child = spawn('/bin/sh', ['-c', `exec ${command}`], {
    cwd: projectRoot,
    env: { ...process.env, npm_config_update_notifier: 'false', ...settings, TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const group = child.pid ?? 0;
  running.add(group);
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (output.stdout += String(chunk)));
  child.stderr.on('data', (chunk) => (output.stderr += String(chunk)));
  const timer = setTimeout(() => signalGroup(group, 'SIGKILL'), runWithinMs);
  const ended = once(child, 'close').then(([code]) => {
    clearTimeout(timer);
    running.delete(group);
    return { code, stderr: output.stderr };
  });
  return {
    lines: () => output.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('> ')),
    signal: (name) => signalGroup(group, name),
    ended,
  };
}

/** True when there was somebody to get it. */
function signalGroup(group: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-group, name);
  } catch {
    return false;
  }
}

interface Readme {
  readonly command: string;
  /** What it prints; `…` stands for whatever differs from run to run. */
  readonly prints: readonly string[];
}

function readReadme(name: string): Readme {
  const text = readFileSync(join(projectRoot, 'examples', name, 'README.md'), 'utf8');
  const block = (kind: string): string => new RegExp(`\n\`\`\`${kind}\n([^\`]+)\n\`\`\`\n`).exec(text)?.[1] ?? '';
  return { command: block('sh'), prints: block('text').split('\n') };
}

/** Each line of the one matches one of the other, and none is left over; programs beside each other may change places. */
function assertPrinted(lines: readonly string[], expected: readonly string[]): void {
  const left = [...lines];
  const missing = expected.filter((line) => {
    const pattern = new RegExp(`^${line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.+')}$`);
    const index = left.findIndex((printed) => pattern.test(printed));
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
  assert.deepEqual({ missing, left }, { missing: [], left: [] }, lines.join('\n'));
}

function assertNothingLeft(): void {
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.startsWith('carillon-')),
    [],
  );
}

async function runAsReadmeSays({ command, prints }: Readme): Promise<void> {
  const run = runCommand(command);
  const { code, stderr } = await run.ended;
  assert.equal(code, 0, `${run.lines().join('\n')}\n${stderr}`);
  assertPrinted(run.lines(), prints);
}

for (const name of names) {
  test(`${name} does and prints what its README says, whatever is set around it`, async () => {
    await runAsReadmeSays(readReadme(name));
    assertNothingLeft();
  });
}

test('the same example runs twice at once', async () => {
  const readme = readReadme('github-to-chat');
  await Promise.all([runAsReadmeSays(readme), runAsReadmeSays(readme)]);
  assertNothingLeft();
});

test('Ctrl-C in the middle leaves no process and no file', async () => {
  const run = runCommand(readReadme('data-sync').command);
  await until({ what: 'the first line', withinMs: 30_000 }, () => run.lines().length > 0);
  run.signal('SIGINT');
  const { code, stderr } = await run.ended;
  assert.equal(code, 130, stderr);
  assertNothingLeft();
});

test('without python3 the example says so and leaves nothing behind', async () => {
  const run = runCommand(`${process.execPath} examples/run.mjs user-registered`, { PATH: folder });
  const { code, stderr } = await run.ended;
  assert.equal(code, 1);
  assert.equal(stderr, 'python3 was not found: install it and try again\n');
  assertNothingLeft();
});

test('without a name they are listed, and an unknown one is refused', async () => {
  const list = runCommand('npm run example');
  assert.equal((await list.ended).code, 0);
  const listed = list.lines().flatMap((line) => /^ {2}([a-z-]+) /.exec(line)?.[1] ?? []);
  assert.deepEqual(listed.sort(), names.toSorted());
  const unknown = runCommand('npm run example -- nothing');
  assert.equal((await unknown.ended).code, 64);
  assert.deepEqual(unknown.lines(), list.lines());
});

test('the README of the project has the command of each', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');
  for (const name of names) {
    assert.equal(readReadme(name).command, `npm run example -- ${name}`);
    assert.ok(readme.includes(`npm run example -- ${name}`), name);
  }
});

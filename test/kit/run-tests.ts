// Runs every compiled test file with node:test and ends with one line `N passed, N failed`. With arguments: only files
// whose path contains one of them.
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { relative } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));
/** A file that takes longer than this is cut off and counts as failed, in milliseconds. */
const fileWithinMs = 600_000;

const wanted = process.argv.slice(2);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.test.js'))
  .filter((path) => wanted.length === 0 || wanted.some((part) => path.includes(part)))
  .sort()
  .map((path) => `${folder}${path}`);

let passed = 0;
let failed = 0;
/** What another machine or store would run; it is told in a line of its own and counts as neither. */
const skips: string[] = [];
const failures: string[] = [];

const tests = run({ files, concurrency: availableParallelism(), timeout: fileWithinMs });
tests.on('test:pass', ({ name, details, skip }) => {
  if (details.type === 'suite') return;
  if (skip !== undefined) skips.push(name);
  else passed += 1;
});
tests.on('test:fail', ({ name, file, details, todo }) => {
  if (details.type === 'suite') return;
  // A known gap: its failure is what is expected.
  if (todo !== undefined) {
    passed += 1;
    return;
  }
  failed += 1;
  failures.push(`${name} (${relative(process.cwd(), file ?? '')})`);
});
tests.on('end', () => {
  // The reporter writes its last lines in this turn; ours comes after them.
  setImmediate(() => {
    for (const skip of skips) process.stdout.write(`skipped: ${skip}\n`);
    for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
    process.stdout.write(`${passed} passed, ${failed} failed\n`);
    process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
  });
});
tests.compose(new spec()).pipe(process.stdout);

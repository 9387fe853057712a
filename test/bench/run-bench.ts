// Runs benches by name, all without one, prints their ratios and keeps them as JSON in bench-results/. With --json the last
// line is one JSON object for each bench that ran. With --cpu-prof the gateway's profiles are kept there too.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { backlogBench } from './backlog.js';
import { type Bench, type BenchResult, type Spread, toResult } from './bench.js';
import { ComparisonMissing } from './comparison-sides.js';
import { deliverBench } from './deliver.js';
import { fanOutBench } from './fan-out.js';
import { burstFanOutBench, fanOutComparisonBench } from './fan-out-comparison.js';
import { filteredFanOutBench } from './filtered-fan-out.js';
import { historyBench } from './history.js';
import { idleSocketBench } from './idle-socket.js';
import { inboundWebhookBench } from './inbound-webhook.js';
import { isolationBench } from './isolation.js';
import { lastReceiverBench } from './last-receiver.js';
import { liveIsolationBench } from './live-isolation.js';
import { loopDelayBench } from './loop-delay.js';
import { matchBench } from './match.js';
import { publishBench } from './publish.js';
import { savedDocumentBench, typedFanOutBench } from './saved-document.js';
import { setUpBench } from './set-up.js';
import { stalledMemoryBench } from './stalled-memory.js';
import { storeJobsBench, storeReadsBench } from './store-mixed.js';
import { storeIndexBench, storeStartBench } from './store-size.js';
import { storeWriteBench } from './store-write.js';

const benches: readonly Bench[] = [
  deliverBench,
  publishBench,
  inboundWebhookBench,
  matchBench,
  backlogBench,
  isolationBench,
  historyBench,
  savedDocumentBench,
  fanOutBench,
  typedFanOutBench,
  fanOutComparisonBench,
  burstFanOutBench,
  lastReceiverBench,
  filteredFanOutBench,
  idleSocketBench,
  liveIsolationBench,
  loopDelayBench,
  stalledMemoryBench,
  setUpBench,
  storeWriteBench,
  storeIndexBench,
  storeReadsBench,
  storeJobsBench,
  storeStartBench,
];

const usage = `usage: npm run bench -- [NAME …] [--quick] [--json] [--cpu-prof]
  NAME is one of: ${benches.map(({ name }) => name).join(', ')}`;

const resultsFolder = resolve('bench-results');

interface Wanted {
  readonly benches: readonly Bench[];
  readonly isQuick: boolean;
  readonly isJson: boolean;
  readonly isProfiled: boolean;
}

function readArguments(): Wanted | null {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean' }, json: { type: 'boolean' }, 'cpu-prof': { type: 'boolean' } },
    });
    const named = positionals.map((name) => benches.find((bench) => bench.name === name));
    const known = named.filter((bench) => bench !== undefined);
    if (known.length < named.length) return null;
    return {
      benches: known.length === 0 ? benches : known,
      isQuick: values.quick ?? false,
      isJson: values.json ?? false,
      isProfiled: values['cpu-prof'] ?? false,
    };
  } catch {
    return null;
  }
}

async function runBench(bench: Bench, { isQuick, isProfiled }: Wanted): Promise<BenchResult> {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-bench-'));
  const profileOptions = ['--cpu-prof', `--cpu-prof-dir=${join(resultsFolder, 'profiles', bench.name)}`];
  try {
    const measured = await bench.run({ isQuick, folder, nodeOptions: isProfiled ? profileOptions : [] });
    return toResult(bench, measured, isQuick);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Null when what the bench compares with is not there, which is told. */
async function runOrTell(bench: Bench, options: Wanted): Promise<BenchResult | null> {
  try {
    return await runBench(bench, options);
  } catch (error) {
    if (!(error instanceof ComparisonMissing)) throw error;
    process.stderr.write(`${bench.name}: ${error.message}\n`);
    process.exitCode = 69;
    return null;
  }
}

function render(bench: Bench, result: BenchResult): string {
  const { ratios, product, baseline, settings, costs, machine } = result;
  const line = (label: string, spread: Spread, note: string): string =>
    `  ${label.padEnd(10)}${[spread.min, spread.median, spread.max].map(show).join('')}   ${note}`;
  return [
    `${bench.name}: ${verdict(result)}, ${result.rounds} rounds, the two sides by turns`,
    `  ${''.padEnd(10)}${['min', 'median', 'max'].map((text) => text.padStart(10)).join('')}`,
    line('ratio', ratios, `bar ${bench.bar}, goal ${bench.goal}, ${bench.better} is better`),
    line('product', product, `${bench.unit}: ${bench.product}`),
    line('baseline', baseline, `${bench.unit}: ${bench.baseline}`),
    ...Object.entries({ ...settings, ...costs, ...machine }).map(([name, value]) => `  ${name.padEnd(36)} ${value}`),
    '',
  ].join('\n');
}

function show(value: number): string {
  return value.toLocaleString('en-US', { maximumSignificantDigits: 4 }).padStart(10);
}

function verdict({ ratio, bar, goal, better }: BenchResult): string {
  const reaches = (mark: number): boolean => (better === 'higher' ? ratio >= mark : ratio <= mark);
  if (reaches(goal)) return 'reaches the goal';
  return reaches(bar) ? 'keeps the bar' : 'FAILS the bar';
}

const wanted = readArguments();
if (wanted === null) {
  process.stderr.write(`${usage}\n`);
  process.exitCode = 64;
} else {
  mkdirSync(resultsFolder, { recursive: true });
  const lines: string[] = [];
  for (const bench of wanted.benches) {
    const result = await runOrTell(bench, wanted);
    if (result === null) continue;
    writeFileSync(join(resultsFolder, `${bench.name}.json`), `${JSON.stringify(result, null, 2)}\n`);
    process.stdout.write(`${render(bench, result)}\n`);
    lines.push(JSON.stringify(result));
  }
  if (wanted.isJson) process.stdout.write(`${lines.join('\n')}\n`);
}

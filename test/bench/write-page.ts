// Makes the tables and the chart of docs/benchmarks.md from bench-results/. The words around them are written by hand.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BenchResult } from './bench.js';
import { drawChart } from './draw-chart.js';

const begin = '<!-- measured: begin -->';
const end = '<!-- measured: end -->';

const serverLabels = {
  ws: '`ws` alone, one text broadcast',
  apollo: 'Apollo Server, graphql-ws, PubSub',
  mercurius: 'Mercurius',
  yoga: 'GraphQL Yoga, graphql-ws',
};

const results = readdirSync('bench-results')
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name): BenchResult => JSON.parse(readFileSync(join('bench-results', name), 'utf8')));

const page = resolve('docs/benchmarks.md');
const text = readFileSync(page, 'utf8');
const before = text.slice(0, text.indexOf(begin) + begin.length);
const tables = [toTable(results), toServerTable(results), describeMachine(results)].filter((part) => part !== '');
writeFileSync(page, `${before}\n${tables.join('\n\n')}\n${text.slice(text.indexOf(end))}`);
writeFileSync(resolve('docs/benchmarks.svg'), drawChart(results));

function toTable(all: readonly BenchResult[]): string {
  const rows = all.map(({ bench, better, bar, goal, ratios, rounds, isQuick, product, baseline, unit }) => {
    const spread = `${ratios.min} / **${ratios.median}** / ${ratios.max}`;
    const rule = better === 'higher' ? `≥ ${bar}, ${goal}` : `≤ ${bar}, ${goal}`;
    const how = `${rounds}${isQuick ? ', quick' : ''}`;
    return `| ${bench} | ${spread} | ${rule} | ${product.median} | ${baseline.median} | ${unit} | ${how} |`;
  });
  const head = '| bench | ratio: min / median / max | bar, goal | product | baseline | unit | rounds |';
  return [head, '| --- | --- | --- | --- | --- | --- | --- |', ...rows].join('\n');
}

/** What each server took for the same events; empty without a run of `last-receiver`. */
function toServerTable(all: readonly BenchResult[]): string {
  const result = all.find(({ bench }) => bench === 'last-receiver');
  if (result === undefined) return '';
  const { costs, product, baseline } = result;
  const row = (label: string, lastMs: number | undefined, slowestMs: number | undefined, micros: number | undefined) =>
    lastMs === undefined ? [] : [`| ${label} | ${Math.round(lastMs)} | ${slowestMs} | ${micros} |`];
  const others = Object.entries(serverLabels).flatMap(([name, label]) =>
    row(label, costs[`${name}LastReceiverMs`], costs[`${name}SlowestMs`], costs[`${name}MicrosPerFrame`]),
  );
  return [
    'One event of 1 KB to 5,000 receivers, one event after the other:',
    '',
    '| server | ms to the last receiver, median | 99th percentile | CPU µs of the main thread for each frame |',
    '| --- | --- | --- | --- |',
    ...row('**Carillon**, each event durable first', product.median, costs['slowestMs'], costs['microsPerFrame']),
    ...row('ready bytes to raw sockets', baseline.median, costs['baselineSlowestMs'], costs['baselineMicrosPerFrame']),
    ...others,
  ].join('\n');
}

function describeMachine([first]: readonly BenchResult[]): string {
  const { cpu = '', cores = '', memoryGb = '', system = '', node = '' } = first?.machine ?? {};
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}.`;
}

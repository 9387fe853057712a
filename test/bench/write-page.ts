// Makes the tables and the chart of docs/benchmarks.md from bench-results/. The words around them are written by hand.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { BenchResult } from './bench.js';
import { drawChart } from './draw-chart.js';

const begin = '<!-- measured: begin -->';
const end = '<!-- measured: end -->';

const results = readdirSync('bench-results')
  .filter((name) => name.endsWith('.json'))
  .sort()
  .map((name): BenchResult => JSON.parse(readFileSync(join('bench-results', name), 'utf8')));

const page = resolve('docs/benchmarks.md');
const text = readFileSync(page, 'utf8');
const before = text.slice(0, text.indexOf(begin) + begin.length);
writeFileSync(page, `${before}\n${toTable(results)}\n${text.slice(text.indexOf(end))}`);
writeFileSync(resolve('docs/benchmarks.svg'), drawChart(results));

function toTable(all: readonly BenchResult[]): string {
  const rows = all.map(({ bench, better, bar, goal, ratios, rounds, isQuick, product, baseline, unit }) => {
    const spread = `${ratios.min} / **${ratios.median}** / ${ratios.max}`;
    const rule = better === 'higher' ? `≥ ${bar}, ${goal}` : `≤ ${bar}, ${goal}`;
    const how = `${rounds}${isQuick ? ', quick' : ''}`;
    return `| ${bench} | ${spread} | ${rule} | ${product.median} | ${baseline.median} | ${unit} | ${how} |`;
  });
  const head = '| bench | ratio: min / median / max | bar, goal | product | baseline | unit | rounds |';
  return [head, '| --- | --- | --- | --- | --- | --- | --- |', ...rows, '', describeMachine(all)].join('\n');
}

function describeMachine([first]: readonly BenchResult[]): string {
  const { cpu = '', cores = '', memoryGb = '', system = '', node = '' } = first?.machine ?? {};
  return `${cpu}, ${cores} cores, ${memoryGb} GB, ${system}, Node ${node}.`;
}

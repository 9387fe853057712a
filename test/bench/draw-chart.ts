// Draws the ratios of benches as an SVG: a bar for each, with its bar and goal. Knows nothing of how they were measured.
import type { BenchResult } from './bench.js';

const row = 34;
const left = 150;
const width = 720;
const top = 30;

/** An SVG of results: how far each ratio is on the way to its goal, and whether it keeps its bar. */
export function drawChart(results: readonly BenchResult[]): string {
  const height = top + results.length * row + 20;
  const rows = results.map((result, index) => drawRow(result, top + index * row));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">`,
    '<title>Ratios of the benches</title>',
    `<rect width="${width}" height="${height}" fill="white"/>`,
    '<text x="10" y="18">Ratios, product by baseline in one run; | bar, ‖ goal, line: least to greatest round</text>',
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

function drawRow({ bench, ratio, ratios, bar, goal, better }: BenchResult, y: number): string {
  const most = Math.max(ratios.max, bar, goal) * 1.15;
  const x = (value: number): number => Math.round(left + (value / most) * (width - left - 110));
  const isKept = better === 'higher' ? ratio >= bar : ratio <= bar;
  const tick = (value: number, isDouble: boolean): string =>
    [0, ...(isDouble ? [3] : [])]
      .map(
        (shift) => `<line x1="${x(value) + shift}" x2="${x(value) + shift}" y1="${y}" y2="${y + 20}" stroke="black"/>`,
      )
      .join('');
  return [
    `<text x="10" y="${y + 14}">${bench}</text>`,
    `<rect x="${left}" y="${y + 3}" width="${x(ratio) - left}" height="14" fill="${isKept ? '#4a8' : '#c64'}"/>`,
    `<line x1="${x(ratios.min)}" x2="${x(ratios.max)}" y1="${y + 10}" y2="${y + 10}" stroke="#234" stroke-width="2"/>`,
    tick(bar, false),
    tick(goal, true),
    `<text x="${width - 100}" y="${y + 14}">${ratio.toFixed(2)} ${better}</text>`,
  ].join('\n');
}

// What a bench is, and what is made of its rounds. The benches are in files of their own; what runs them is run-bench.ts.
import { cpus, release, totalmem } from 'node:os';
import { version } from '../../src/version.js';

/** One comparison of the product with something simple, in the same run. */
export interface Bench {
  /** As in `npm run bench -- NAME`. */
  readonly name: string;
  /** What both sides count. */
  readonly unit: string;
  /** What the product does, and against what it is measured: two halves of one sentence. */
  readonly product: string;
  readonly baseline: string;
  /** Which ratio, product by baseline, is better. */
  readonly better: 'higher' | 'lower';
  /** The ratio that must be kept, and the one that is wanted. */
  readonly bar: number;
  readonly goal: number;
  run(options: BenchOptions): Promise<Measurement>;
}

/** How to run a bench. */
export interface BenchOptions {
  /** Under 40 seconds in all. */
  readonly isQuick: boolean;
  /** Folder for data dirs; removed afterwards. */
  readonly folder: string;
  /** Options for Node in the gateway's process, such as `--cpu-prof`. */
  readonly nodeOptions: readonly string[];
}

/** One round: both sides, one right after the other. */
export interface Round {
  /** In the bench's unit. */
  readonly product: number;
  readonly baseline: number;
}

/** What came out. */
export interface Measurement {
  readonly rounds: readonly Round[];
  /** Settings, such as events in flight. */
  readonly settings: Readonly<Record<string, string | number>>;
  /** Where the time of each round went, by name with its unit; the median of the rounds is shown. */
  readonly costs: readonly Readonly<Record<string, number>>[];
}

/** Least, median and greatest of some numbers. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** A bench's result as it is written and printed. */
export interface BenchResult {
  readonly bench: string;
  /** Median of the ratios of the rounds. */
  readonly ratio: number;
  readonly better: 'higher' | 'lower';
  readonly bar: number;
  readonly goal: number;
  readonly rounds: number;
  readonly ratios: Spread;
  readonly unit: string;
  readonly product: Spread;
  readonly baseline: Spread;
  readonly isQuick: boolean;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly costs: Readonly<Record<string, number>>;
  readonly machine: Readonly<Record<string, string | number>>;
}

/** How many rounds: as planned, or at least three when they take longer than `withinMs` together. */
export interface RoundPlan {
  readonly rounds: number;
  readonly withinMs: number;
}

const leastRounds = 3;

/** Runs rounds one after the other and gathers what they say. */
export async function measureRounds(
  plan: RoundPlan,
  measureRound: () => Promise<Round & { readonly costs: Readonly<Record<string, number>> }>,
): Promise<Pick<Measurement, 'rounds' | 'costs'>> {
  const rounds: Round[] = [];
  const costs: Readonly<Record<string, number>>[] = [];
  const startedMs = performance.now();
  while (rounds.length < plan.rounds) {
    if (rounds.length >= leastRounds && performance.now() - startedMs > plan.withinMs) break;
    const { product, baseline, costs: spent } = await measureRound();
    rounds.push({ product, baseline });
    costs.push(spent);
  }
  return { rounds, costs };
}

/** One side of a round. */
export interface MeasuredSide {
  readonly value: number;
  readonly costs?: Readonly<Record<string, number>>;
}

/** Rounds in which the sides begin by turns, or the second of every round has the warmer machine. */
export function measureByTurns(
  plan: RoundPlan,
  measure: (side: 'product' | 'baseline') => Promise<MeasuredSide>,
): Promise<Pick<Measurement, 'rounds' | 'costs'>> {
  let isProductFirst = false;
  return measureRounds(plan, async () => {
    isProductFirst = !isProductFirst;
    const first = await measure(isProductFirst ? 'product' : 'baseline');
    const second = await measure(isProductFirst ? 'baseline' : 'product');
    const [product, baseline] = isProductFirst ? [first, second] : [second, first];
    return { product: product.value, baseline: baseline.value, costs: product.costs ?? {} };
  });
}

/** The result of a measurement. Throws `RangeError` without a round. */
export function toResult(bench: Bench, { rounds, settings, costs }: Measurement, isQuick: boolean): BenchResult {
  const ratios = spreadOf(rounds.map(({ product, baseline }) => product / baseline));
  return {
    bench: bench.name,
    ratio: ratios.median,
    better: bench.better,
    bar: bench.bar,
    goal: bench.goal,
    rounds: rounds.length,
    ratios,
    unit: bench.unit,
    product: spreadOf(rounds.map(({ product }) => product)),
    baseline: spreadOf(rounds.map(({ baseline }) => baseline)),
    isQuick,
    settings,
    costs: mediansOf(costs),
    machine: describeMachine(),
  };
}

function mediansOf(costs: Measurement['costs']): Record<string, number> {
  const names = Object.keys(costs[0] ?? {});
  return Object.fromEntries(names.map((name) => [name, spreadOf(costs.map((one) => one[name] ?? 0)).median]));
}

/** Four digits, so that files can be compared by eye. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}

function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)];
  const high = sorted[Math.ceil((sorted.length - 1) / 2)];
  const [min] = sorted;
  const max = sorted.at(-1);
  if (low === undefined || high === undefined || min === undefined || max === undefined)
    throw new RangeError('a bench without a round says nothing');
  return { min: round(min), median: round((low + high) / 2), max: round(max) };
}

function describeMachine(): Record<string, string | number> {
  const processors = cpus();
  return {
    cpu: processors[0]?.model ?? 'unknown',
    cores: processors.length,
    memoryGb: round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    node: process.version,
    carillon: version,
  };
}

/**
 * Rounds, medians and the table: a Drover operation and its bare counterpart, interleaved in one
 * run.
 */
import Table from 'cli-table3';

/** One bench. `target` bounds the ratio, or the figure itself without a counterpart. */
export interface Row {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly target: { readonly of: 'ratio' | 'drover'; readonly atLeast?: number; readonly atMost?: number };
  readonly rounds?: number;
  /** Prepares once; the returned function runs one side of one round. */
  prepare(): Promise<Sides>;
}

export interface Sides {
  drover(): Promise<number>;
  /** Absent if the row has its own target. */
  bare?(): Promise<number>;
  end?(): Promise<void>;
}

/** One line of the results. */
export interface Measured {
  readonly name: string;
  readonly what: string;
  readonly unit: string;
  readonly drover: number;
  readonly bare: number | null;
  readonly ratio: number | null;
  readonly target: string;
  readonly met: boolean;
  readonly rounds: readonly { readonly drover: number; readonly bare: number | null }[];
}

/** For noisy machines: at least five alternating rounds, and the median of each side. */
const ROUNDS = 5;

/**
 * Runs one row: a warm-up round, then its rounds, each side first in turn. The ratio is the median
 * of the rounds' ratios.
 */
export async function measure(row: Row, progress: (text: string) => void): Promise<Measured> {
  const sides = await row.prepare();
  const rounds: { drover: number; bare: number | null }[] = [];
  const count = row.rounds ?? ROUNDS;
  try {
    for (let round = count > 1 ? -1 : 0; round < count; round += 1) {
      const first = round % 2 === 0 ? 'drover' : 'bare';
      const early = first === 'bare' ? await sides.bare?.() : undefined;
      const drover = await sides.drover();
      const bare = (first === 'bare' ? early : await sides.bare?.()) ?? null;
      if (round >= 0) rounds.push({ drover, bare });
      const beside = bare === null ? '' : `, beside ${shown(bare)}`;
      progress(`${row.name}: round ${String(round + 1)} of ${String(count)}: ${shown(drover)}${beside}`);
    }
  } finally {
    await sides.end?.();
  }
  const drover = median(rounds.map((round) => round.drover));
  const bares = rounds.flatMap(({ bare }) => (bare === null ? [] : [bare]));
  const bare = bares.length === 0 ? null : median(bares);
  // The ratio of each round's two sides, which ran close together: the speed of a shared machine
  // changes within minutes.
  const ratios = rounds.flatMap((round) => (round.bare === null ? [] : [round.drover / round.bare]));
  const ratio = ratios.length === 0 ? null : median(ratios);
  const { of, atLeast, atMost } = row.target;
  const judged = of === 'ratio' ? (ratio ?? NaN) : drover;
  return {
    name: row.name,
    what: row.what,
    unit: row.unit,
    drover,
    bare,
    ratio,
    target: `${of === 'ratio' ? 'ratio' : row.unit} ${atLeast === undefined ? `<= ${String(atMost)}` : `>= ${String(atLeast)}`}`,
    met: judged >= (atLeast ?? -Infinity) && judged <= (atMost ?? Infinity),
    rounds,
  };
}

/** The middle value, or the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const pair = Number.isInteger(middle) ? [middle - 1, middle] : [Math.floor(middle)];
  return pair.reduce((sum, index) => sum + (sorted[index] ?? NaN), 0) / pair.length;
}

/** The results as a table for people. */
export function resultTable(results: readonly Measured[]): string {
  const table = new Table({
    head: ['bench', 'drover', 'bare', 'unit', 'ratio', 'target', ''],
    style: { head: [], border: [] },
  });
  for (const { name, drover, bare, unit, ratio, target, met } of results) {
    table.push([
      name,
      shown(drover),
      bare === null ? '-' : shown(bare),
      unit,
      ratio === null ? '-' : ratio.toFixed(2),
      target,
      met ? 'ok' : 'MISSED',
    ]);
  }
  return table.toString();
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Operations per second. */
export async function rate(count: number, act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return (count / (performance.now() - began)) * 1_000;
}

/** The median of the milliseconds that `act` takes. */
export async function medianMs(times: number, act: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < times; time += 1) {
    const began = performance.now();
    await act();
    took.push(performance.now() - began);
  }
  return median(took);
}

/**
 * `npm run bench [-- NAME…]`: runs the named rows, or all; prints the table and keeps
 * their results in bench/results.json.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Measured, type Row, measure, resultTable } from './harness';
import { edgeRows } from './rows/edges';
import { fleetRows } from './rows/fleet';
import { lifecycleRows } from './rows/lifecycle';
import { memoryRows } from './rows/memory';
import { pullRows } from './rows/pull';
import { simulateRows } from './rows/simulate';
import { subscriptionRows } from './rows/subscriptions';
import { openStage } from './stage';

async function main(root: string, asked: readonly string[]): Promise<void> {
  const stage = await openStage(root);
  const results: Measured[] = [];
  try {
    const rows = [
      ...simulateRows(),
      ...lifecycleRows(stage),
      ...fleetRows(stage),
      ...subscriptionRows(stage),
      ...memoryRows(stage),
      ...edgeRows(stage, root),
      ...pullRows(stage, root),
    ];
    const unknown = asked.filter((name) => !rows.some((row) => row.name === name));
    if (unknown.length > 0)
      throw new Error(`no bench ${unknown.join(', ')}; there are ${rows.map(({ name }) => name).join(', ')}`);
    for (const row of rows) {
      if (asked.length > 0 && !asked.includes(row.name)) continue;
      results.push(await measure(row, (text) => process.stderr.write(`${text}\n`)));
    }
    // Before the end of the stage, which may fail on a busy machine.
    process.stdout.write(`${resultTable(results)}\n`);
    keep(results, rows, join(root, 'bench/results.json'));
  } finally {
    await stage.stop();
  }
}

/** Writes the results in the order of the rows. Those of rows that did not run stay. */
function keep(results: readonly Measured[], rows: readonly Row[], file: string): void {
  const before = JSON.parse(readFileSync(file, 'utf8')) as readonly Measured[];
  const kept = rows.flatMap(({ name }) => [...results, ...before].find((result) => result.name === name) ?? []);
  writeFileSync(file, `${JSON.stringify(kept, null, 2)}\n`);
}

const [root = process.cwd(), ...asked] = process.argv.slice(2);
main(root, asked).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

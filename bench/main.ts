/**
 * `npm run bench [-- NAME…]`: runs the named rows, or all; prints the table and writes
 * bench/results.json.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Measured, measure, resultTable } from './harness';
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
  } finally {
    await stage.stop();
  }
  process.stdout.write(`${resultTable(results)}\n`);
  writeFileSync(join(root, 'bench/results.json'), `${JSON.stringify(results, null, 2)}\n`);
}

const [root = process.cwd(), ...asked] = process.argv.slice(2);
main(root, asked).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});

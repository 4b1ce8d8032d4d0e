import { readdirSync, readFileSync } from 'node:fs';
import { parse as readYaml } from 'yaml';
import type { Scenario } from '../../../src/contract/run/script';
import { devServer } from '../../support/env';

import { inOrder, simulated, startRun, withRuns } from './harness';

const env = devServer();

const CASES = `${__dirname}/../../cases`;
const read = (file: string): Scenario => readYaml(readFileSync(`${CASES}/${file}`, 'utf8')) as Scenario;

describe('a scripted run', () => {
  it.each(readdirSync(CASES))('of %s equals its simulation, trace and all', async (file) => {
    const { topology, task, script } = read(file);
    await withRuns(env, async (taskQueue) => {
      const run = await startRun(env, taskQueue, { topology, task, script, trace: true });
      expect(inOrder(await run.result())).toEqual(inOrder(await simulated({ topology, task, script }, true)));
    });
  });
});

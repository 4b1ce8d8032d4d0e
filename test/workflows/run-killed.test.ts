/** The worker killed with -9 during a run of 100 branches: same result, and every turn is worked on once. Ten kills: test/soak/run-killed. */
import { devServer } from '../support/env';
import { killedRun } from './run-killed';

const env = devServer();

test('is noticed by nobody', async () => {
  const { result, worked } = await killedRun(env, 1);
  expect(result).toMatchObject({ success: true, finalResponse: 100, turns: 102 });
  expect(worked.size).toBe(102);
  expect([...worked.values()].every((times) => times === 1)).toBe(true);
}, 120_000);

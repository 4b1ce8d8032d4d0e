/** The worker killed with -9 ten times during a run of 100 branches: each kill costs up to 20 s, until the server has noticed. */
import { devServer } from '../support/env';
import { killedRun } from '../workflows/run-killed';

const env = devServer();
const KILLS = 10;

test('ten kills are noticed by nobody', async () => {
  const { result, worked } = await killedRun(env, KILLS);
  expect(result).toMatchObject({ success: true, finalResponse: 100, turns: 102 });
  expect(worked.size).toBe(102);
  expect([...worked.values()].every((times) => times === 1)).toBe(true);
}, 600_000);

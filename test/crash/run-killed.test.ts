/** The worker killed with -9 during a run of 100 branches: each kill costs up to 20 s, until the server has noticed. */
import { devServer } from '../support/env';
import { killedRun } from './run-killed';

const env = devServer();

test.each([1, 10])(
  'is not noticed by a caller, %s times',
  async (kills) => {
    const { result, worked } = await killedRun(env, kills);
    expect(result).toMatchObject({ success: true, finalResponse: 100, turns: 102 });
    expect(worked.size).toBe(102);
    expect([...worked.values()].every((times) => times === 1)).toBe(true);
  },
  600_000,
);

/** One day of a beating agent with continue-as-new forced often: what it costs, and that nothing is forgotten. */
import { timeSkipping } from '../support/env';
import { withAgents } from './agent-harness';
import { soak } from './agent-soak';

const env = timeSkipping();

test(
  'a day costs fewer than 1,300 events an hour, and every memory is right at its end',
  () =>
    withAgents(env, async (world) => {
      const hours = 2;
      const { eventsPerHour, runs, forwarded, holdsApplied, view } = await soak(env, world, hours, 400);
      console.log({ eventsPerHour, runs, forwarded, holdsApplied });
      expect(view).toMatchObject({ status: 'running', runtime: 'running', liveness: 'ready', holds: [] });
      expect(holdsApplied).toBe(hours);
      expect(runs).toBeGreaterThan(hours);
      expect(forwarded).toBeGreaterThan(hours * 170);
      expect(eventsPerHour).toBeLessThan(1_300);
    }),
  300_000,
);

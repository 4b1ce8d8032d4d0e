/** Hours of a beating agent with continue-as-new forced often: what it costs, and that nothing is forgotten. */
import { timeSkipping } from '../support/env';
import { withAgents } from '../workflows/agent-harness';
import { soak } from '../workflows/agent-soak';

const env = timeSkipping();

/** 24 is a day, which takes one to two minutes; 720 is a month. */
const HOURS = Number(process.env['DROVER_SOAK_HOURS'] ?? '24');
/** A skipped hour takes two to seven seconds, as busy as the machine is. */
const LIMIT_MS = HOURS * 15_000;

test(
  'costs fewer than 1,300 events an hour, and every memory is right at the end',
  () =>
    withAgents(env, async (world) => {
      const { agent, eventsPerHour, runs, forwarded } = await soak(env, world, HOURS, 400);
      console.log({ hours: HOURS, eventsPerHour, runs, forwarded });
      const before = await agent.view();
      expect(before).toMatchObject({ status: 'running', runtime: 'running', liveness: 'ready', holds: [] });
      expect(eventsPerHour).toBeLessThan(1_300);
      expect(runs).toBeGreaterThan(HOURS);
      // One renewal per staleAfter / 3, and nothing else.
      expect(forwarded).toBeLessThanOrEqual(HOURS * 180 + 1);
      expect(forwarded).toBeGreaterThan(HOURS * 175);

      const suspends = world.provider.count('suspendResource');
      expect(suspends).toBe(HOURS);
      const first = Math.max(1, HOURS - 400);
      for (const hour of [first, HOURS]) {
        const requestId = `hold-${String(hour)}`;
        const again = await agent.send('hold', { hold: 'budget', requestId });
        expect(again).toMatchObject({
          requestId,
          changed: true,
          agent: { status: 'paused', holds: [{ name: 'budget' }] },
        });
      }
      expect(world.provider.count('suspendResource')).toBe(suspends);
      expect(await agent.view()).toMatchObject({ status: 'running', holds: [] });
    }),
  LIMIT_MS,
);

/** Hours of a beating agent with continue-as-new forced often: what it costs, and that nothing is forgotten. */
import { timeSkipping } from '../support/env';
import { withAgents } from '../workflows/agent/harness';
import { Soak } from '../workflows/agent/soak';

/** 24 is a day, which takes about a minute; 720 is a month. */
const HOURS = Number(process.env['DROVER_SOAK_HOURS'] ?? '24');
/** A time-skipping server takes twice as long for an hour once it has seen fifty, and ten times as long after two hundred. */
const HOURS_PER_SERVER = 24;
/** A skipped hour takes two to seven seconds, as busy as the machine is. */
const LIMIT_MS = HOURS_PER_SERVER * 15_000;

const soak = new Soak(HOURS, 400);
const { surroundings } = soak;
const { provider } = surroundings;
const servers = Math.ceil(HOURS / HOURS_PER_SERVER);

describe.each(Array.from({ length: servers }, (_, index) => index + 1))(
  'on server %i of as many as it takes',
  (server) => {
    const env = timeSkipping();
    const untilHour = Math.min(HOURS, server * HOURS_PER_SERVER);

    test(
      `lives until hour ${String(untilHour)}`,
      () =>
        withAgents(
          env,
          async (world) => {
            await soak.live(env, world, untilHour);
            const view = await soak.agent.view();
            expect(view).toMatchObject({ status: 'running', runtime: 'running', liveness: 'ready', holds: [] });
            expect(provider.count('suspendResource')).toBe(untilHour);
            if (server === servers) await judge();
          },
          { surroundings },
        ),
      LIMIT_MS,
    );
  },
);

/** Fewer than 1,300 events an hour, and every memory is right at the end. */
async function judge(): Promise<void> {
  const { agent, eventsPerHour, runs, forwarded } = soak;
  console.log({ hours: HOURS, eventsPerHour, runs, forwarded });
  expect(eventsPerHour).toBeLessThan(1_300);
  expect(runs).toBeGreaterThan(HOURS);
  // One renewal per staleAfter / 3, and nothing else.
  expect(forwarded).toBeLessThanOrEqual(HOURS * 180 + 1);
  expect(forwarded).toBeGreaterThan(HOURS * 175);

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
  expect(provider.count('suspendResource')).toBe(HOURS);
  expect(await agent.view()).toMatchObject({ status: 'running', holds: [] });
}

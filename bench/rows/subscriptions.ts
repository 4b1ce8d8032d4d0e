/** Subscriptions: how long a burst of failures leaves an agent without a credential that works. */
import { POOL_WORKFLOW, poolWorkflowId } from '../../src/contract/names';
import { bareEnd, bareEntity, bareUpdate } from '../bare';
import { type Row, median, medianMs } from '../harness';
import { BARE_QUEUE, QUEUE, type Stage, endAgents, fresh, readyAgent } from '../stage';

const REPORTS = 50;
const BURSTS = 5;
const CREDENTIALS = ['a', 'b'].map((name) => ({ name, secret: `env:${name.toUpperCase()}` }));

/** The burst and its switch. */
export function subscriptionRows(stage: Stage): Row[] {
  const { temporal, drover } = stage;
  return [
    {
      name: 'switch',
      what: `${String(REPORTS)} reports at once until the agent is on its new credential, hot reload, p50, against a bare accepted update`,
      unit: 'ms',
      target: { of: 'ratio', atMost: 10 },
      rounds: 15,
      async prepare() {
        const [fleet, agent, pool, id] = [fresh('switch'), fresh('a'), fresh('pool'), fresh('bare')];
        const workflowId = poolWorkflowId(pool);
        const args = [{ v: 1, pool, credentials: CREDENTIALS }];
        const handle = await temporal.workflow.start(POOL_WORKFLOW, { workflowId, taskQueue: QUEUE, args });
        const subscription = { pool };
        await readyAgent(stage, fleet, agent, 'memory', { subscription, liveness: { staleAfter: '1h' } });
        const bare = await temporal.workflow.start(bareEntity, { workflowId: id, taskQueue: BARE_QUEUE });
        return {
          async drover() {
            const took: number[] = [];
            for (let burst = 0; burst < BURSTS; burst += 1) {
              took.push(await switchMs(stage, { fleet, agent }));
              // Later reports would count again.
              while ((await failures(stage, pool)) < REPORTS) await drover.agents.describe({ fleet, agent });
              await drover.pools.reset(pool);
            }
            return median(took);
          },
          bare: () => medianMs(30, () => bare.executeUpdate(bareUpdate)),
          async end() {
            await endAgents(stage, fleet, [agent]);
            await handle.terminate('bench');
            await bare.signal(bareEnd);
          },
        };
      },
    },
  ];
}

async function failures({ drover }: Stage, pool: string): Promise<number> {
  const { credentials } = await drover.pools.describe(pool);
  return credentials.reduce((sum, { failuresInWindow }) => sum + failuresInWindow, 0);
}

/** Milliseconds from the first report until the agent uses another credential. */
async function switchMs(stage: Stage, ref: { fleet: string; agent: string }): Promise<number> {
  const { drover } = stage;
  const reloaded = new Promise<void>((resolve) => (stage.reloaded = resolve));
  const { subscription: before } = await drover.agents.describe(ref);
  if (before === null) throw new Error('the agent has no subscription');
  const { name: subscription, assignment } = before;
  const began = performance.now();
  const reports = Array.from({ length: REPORTS }, () =>
    drover.agents.reportFailure(ref, { subscription, assignment, kind: 'rate_limit' }),
  );
  // Constant queries would slow down the measured work.
  await reloaded;
  for (;;) {
    const { subscription: now, why } = await drover.agents.describe(ref);
    if (now !== null && now.assignment > assignment && why === null) break;
  }
  const took = performance.now() - began;
  await Promise.all(reports);
  return took;
}

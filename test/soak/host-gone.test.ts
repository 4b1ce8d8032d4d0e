/**
 * Changes of agents whose host goes for good after the check of a change: no worker polls its queue from then on, and the change ends all
 * the same. With short limits.
 */
import { Worker } from '@temporalio/worker';
import type { AgentSpec } from '../../src/contract/agent';
import type { ApplyResult, ChangeView } from '../../src/contract/fleet';
import { queues } from '../../src/contract/names';
import { bundleWith } from '../support/wedge';
import { shared, workflowBundle, type WorkflowBundle } from '../support/shared';
import { devServer } from '../support/env';
import { type FleetWorld, memory, withFleet } from '../workflows/fleet/harness';

const env = devServer();

const TAKES_WITHIN_MS = 2_000;
const onHost = (more: Partial<AgentSpec> = {}): AgentSpec => ({
  name: 'a',
  provider: 'process',
  process: { command: ['agent'] },
  ...more,
});
const UNANSWERED = /host here does not answer: no worker of it has taken "(undo: )?(create|remove) a" within 2 s/;

/** The limits of the changes in these tests are seconds; a server that skips time does not skip it while a call waits for a worker. */
const bundle = (): WorkflowBundle =>
  bundleWith(workflowBundle(), shared().folder, 'host-gone', [
    [/\bHOST_TAKES_WITHIN_MS=6e4/, `HOST_TAKES_WITHIN_MS=${String(TAKES_WITHIN_MS)}`],
    [/\bPATIENCE_MS=(?:10\*6e4|6e5)/, 'PATIENCE_MS=8e3'],
  ]);

/** As `withFleet`, on a host that answers one check and then no more: its worker stops within the call. */
async function withDyingHost(limits: WorkflowBundle, test: (world: FleetWorld) => Promise<void>): Promise<void> {
  await withFleet(
    env,
    async (world) => {
      const worker = await Worker.create({
        connection: env.nativeConnection,
        namespace: env.namespace,
        taskQueue: queues.host(world.taskQueue, 'here'),
        activities: {
          checkAgents: async () => {
            worker.shutdown();
            return { unmet: [] };
          },
        },
      });
      const runs = worker.run();
      try {
        await test(world);
      } finally {
        if (worker.getState() === 'RUNNING') worker.shutdown();
        await runs;
      }
    },
    { bundle: limits },
  );
}

const ended = async (world: FleetWorld, applied: Promise<ApplyResult>): Promise<ChangeView> => {
  const { changeId, revision } = await applied;
  return world.ended(changeId ?? '', revision);
};

const failedFor = (reason: unknown): unknown => expect.stringMatching(reason as RegExp);

test('a create on it says that the host does not answer, and a cancellation ends it; the rest is named, and given up by --forget', async () => {
  await withDyingHost(bundle(), async (world) => {
    const applied = await world.fleets.apply(world.fleet, { spec: { agents: [onHost()] } });
    await world.changeUntil(({ agents }) => agents[0]?.step === 'creating');
    const { troubles } = await world.changeUntil((view) => view.troubles !== undefined);
    expect(troubles).toMatchObject([{ what: 'create a', why: failedFor(UNANSWERED) }]);

    await world.fleets.cancel(world.fleet, { reason: 'its host has burnt' });
    const cancelled = await world.ended(applied.changeId ?? '', applied.revision);
    expect(cancelled).toMatchObject({
      state: 'failed',
      error: failedFor(/its host has burnt/),
      compensation: { state: 'failed', entries: [{ name: 'a', outcome: 'failed', error: failedFor(UNANSWERED) }] },
    });
    expect(cancelled.compensation?.entries[0]?.error).toContain(`drover destroy ${world.fleet} --forget`);

    const forgotten = await ended(world, world.fleets.destroy(world.fleet, { forget: true }));
    expect(forgotten).toMatchObject({ state: 'done', forgotten: [{ agent: 'a', why: failedFor(UNANSWERED) }] });
    await world.handle.result();
  });
}, 120_000);

test("the change's own timeout ends it, too", async () => {
  await withDyingHost(bundle(), async (world) => {
    const spec = { agents: [onHost()], provisioning: { timeout: '3s' } };
    expect(await ended(world, world.fleets.apply(world.fleet, { spec }))).toMatchObject({
      state: 'failed',
      error: failedFor(/timed out after 3s/),
      compensation: { entries: [{ name: 'a', outcome: 'failed', error: failedFor(UNANSWERED) }] },
    });
  });
}, 120_000);

test('a destroy without --forget ends after its patience, and names the host and --forget', async () => {
  await withDyingHost(bundle(), async (world) => {
    const spec = { agents: [onHost()], provisioning: { onFailure: 'keep', timeout: '3s' } } as const;
    expect(await ended(world, world.fleets.apply(world.fleet, { spec }))).toMatchObject({
      state: 'kept',
    });
    const destroyed = await ended(world, world.fleets.destroy(world.fleet));
    expect(destroyed).toMatchObject({ state: 'failed', error: failedFor(UNANSWERED) });
    expect(destroyed.error).toContain('--forget');
    expect(Object.keys((await world.view()).agents)).toEqual(['a']);
  });
}, 120_000);

test('an undo that its host holds up ends at its limit: what waits becomes a failed entry that names it', async () => {
  // The host's own limit is left at a minute and three tries, so only the limit of the undo can end it sooner.
  const limited = bundleWith(workflowBundle(), shared().folder, 'undo-limit', [
    [/\bCOMPENSATION_LIMIT_MS=(?:24\*36e5|864e5)/, 'COMPENSATION_LIMIT_MS=4e3'],
  ]);
  await withDyingHost(limited, async (world) => {
    const spec = { agents: [onHost(), memory('b')], provisioning: { timeout: '3s' } };
    const change = await ended(world, world.fleets.apply(world.fleet, { spec }));
    expect(change).toMatchObject({
      state: 'failed',
      compensation: {
        state: 'failed',
        entries: [
          { name: 'a', outcome: 'failed', error: 'it was not undone within 4s, the limit of an undo' },
          { name: 'b', outcome: 'undone' },
        ],
      },
    });
  });
}, 120_000);

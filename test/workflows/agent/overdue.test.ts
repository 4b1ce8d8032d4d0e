/** While continue-as-new is overdue no command is taken, with the one refusal that the client repeats by itself. */
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { Calls } from '../../../src/client/temporal/calls';
import { Pools } from '../../../src/client/pools';
import { POOL_WORKFLOW, poolWorkflowId } from '../../../src/contract/names';
import { devServer } from '../../support/env';
import { withWorker } from '../../support/worker';
import { refusalOf } from './harness';
import { fleetOf, withFleet } from '../fleet/harness';

const env = devServer();

const UNAVAILABLE = { code: 'Unavailable' };

function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open: () => open() };
}

/** Makes it overdue, if it has work that keeps it from continuing as new: three times the limit of 5 events. */
async function makeOverdue(handle: WorkflowHandle): Promise<void> {
  while ((await handle.describe()).historyLength < 15) await handle.signal('nobodyKnowsThis');
}

function refused(handle: WorkflowHandle, update: string, argument: object): Promise<unknown> {
  return handle.executeUpdate(update, { args: [argument] }).then(() => 'it was accepted', refusalOf);
}

test('a fleet, whose change runs, takes none; the client waits until it does', async () => {
  const { opened, open } = gate();
  await withFleet(
    env,
    async (world) => {
      await world.start({ continueAfterEvents: 5 });
      const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['A']) });
      await makeOverdue(world.handle);
      expect(await refused(world.handle, 'pause', {})).toMatchObject(UNAVAILABLE);
      expect(await refused(world.handle, 'resume', {})).toMatchObject(UNAVAILABLE);
      expect(await refused(world.handle, 'compensate', { attempt: 1, revision: 1 })).toMatchObject(UNAVAILABLE);
      expect(await refused(world.handle, 'destroy', {})).toMatchObject(UNAVAILABLE);
      const paused = world.fleets.pause(world.fleet);
      open();
      expect(await paused).toMatchObject({ holds: [{ name: 'fleet' }] });
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'done' });
    },
    { before: ({ call }) => (call === 'createResource' ? opened : undefined) },
  );
});

test('a pool, which tells people that it is used up, takes none; the client waits until it does', async () => {
  const { opened, open } = gate();
  await withWorker({ env, activities: { raiseEvent: () => opened } }, async (taskQueue) => {
    const pool = `p-${randomUUID().slice(0, 8)}`;
    const credentials = [{ name: 'a', secret: 'env:A' }];
    const notify = [{ url: 'http://127.0.0.1:1/hook' }];
    const handle = await env.client.workflow.start(POOL_WORKFLOW, {
      workflowId: poolWorkflowId(pool),
      taskQueue,
      args: [{ v: 1, pool, credentials, fleet: 'f', notify, continueAfterEvents: 5 }],
    });
    const at = new Date().toISOString();
    await handle.signal('failureObserved', { credential: 'a', kind: 'rate_limit', at, agent: 'f/A' });
    await handle.signal('allocationRequested', { requestId: 'r', agent: 'f/A', not: 'a' });
    await makeOverdue(handle);
    for (const update of ['reset', 'leave', 'configure']) {
      const argument = { reset: {}, leave: { fleet: 'f' }, configure: { credentials } }[update] ?? {};
      expect([update, await refused(handle, update, argument)]).toMatchObject([update, UNAVAILABLE]);
    }
    const reset = new Pools(new Calls(env.client)).reset(pool);
    open();
    expect(await reset).toMatchObject({ pool, exhaustedUntil: null });
  });
});

/** Changes and agents whose workflow does not answer: the change is given up when it is cancelled, the agent when that is asked for. */
import { agentWorkflowId, provisionWorkflowId } from '../../src/contract/names';
import { devServer } from '../support/env';
import { shared, workflowBundle } from '../support/shared';
import { wedge, wedgingBundle } from '../support/wedge';
import { fleetOf, withFleet } from '../workflows/fleet/harness';
import { providerFailure } from '../support/memory-provider';

const env = devServer();
const bundle = () => wedgingBundle(workflowBundle(), shared().folder, 'throws');
const LIMIT_MS = 180_000;

function failsOnPurpose(): void {
  env.allowFailedTasks();
  env.skipReplay('some of its workflows are made to fail');
}

it.each([
  ['a change', 200, (fleet: string) => provisionWorkflowId(fleet, 1)],
  ['a part of a change', 1, (fleet: string) => `${provisionWorkflowId(fleet, 1)}/1`],
])(
  '%s that does not answer is given up when it is cancelled, and undone by its keys',
  async (_what, agentsPerPart, wedged) => {
    await withFleet(
      env,
      async (world) => {
        failsOnPurpose();
        await world.start({ agentsPerPart });
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['silent', 'other']) });
        await world.changeUntil(({ steps }) => steps.created + world.held().length > 0);
        await wedge(env.client, wedged(world.fleet));
        await world.fleets.cancel(world.fleet, { reason: 'it hangs' });
        const ended = await world.fleets.follow(
          world.fleet,
          { changeId: changeId ?? '', revision },
          { timeoutMs: 120_000 },
        );
        expect(ended).toMatchObject({ state: 'rolled_back' });
        expect(ended.error).toContain('it hangs');
        expect(world.held()).toEqual([]);
        expect(await world.destroy()).toMatchObject({ state: 'done' });
      },
      { bundle: bundle(), silent: ['silent', 'other'] },
    );
  },
  LIMIT_MS,
);

it(
  'destroy removes the resource of an agent that does not answer, names the agent, and gives it up when that is asked for',
  async () => {
    await withFleet(
      env,
      async (world) => {
        failsOnPurpose();
        const { fleet } = world;
        await world.apply(fleetOf(['a', 'b']));
        await wedge(env.client, agentWorkflowId(fleet, 'a'));
        const follow = async (forget: boolean) => {
          const { changeId, revision } = await world.fleets.destroy(fleet, { forget });
          return world.fleets.follow(fleet, { changeId: changeId ?? '', revision }, { timeoutMs: 120_000 });
        };
        const first = await follow(false);
        expect(first).toMatchObject({ state: 'failed' });
        expect(first.error).toContain(`agent ${fleet}/a does not answer since`);
        expect(world.held()).toEqual([]);
        expect(Object.keys((await world.view()).agents)).toEqual(['a']);

        const second = await follow(true);
        expect(second).toMatchObject({
          state: 'done',
          forgotten: [{ agent: 'a', why: expect.stringContaining('does not answer since') as string }],
        });
        const { status } = await env.client.workflow.getHandle(agentWorkflowId(fleet, 'a')).describe();
        expect(status.name).toBe('TERMINATED');
        await world.handle.result();
        expect(await world.apply(fleetOf(['a']))).toMatchObject({ state: 'done' });
      },
      { bundle: bundle() },
    );
  },
  LIMIT_MS,
);

it('destroy gives up a resource whose provider is gone, and says which', async () => {
  await withFleet(env, async (world) => {
    const { fleet } = world;
    await world.apply(fleetOf(['a', 'b']));
    const { resourceId } = await world.agent('a');
    world.provider.before = ({ call, agent }) => {
      if (call === 'destroyResource' && agent === 'a') throw providerFailure('the engine is gone for good', true);
    };
    const { changeId, revision } = await world.fleets.destroy(fleet, { forget: true });
    const change = await world.fleets.follow(fleet, { changeId: changeId ?? '', revision }, { timeoutMs: 400_000 });
    expect(change).toMatchObject({
      state: 'done',
      forgotten: [
        { agent: 'a', resourceId, provider: 'memory', why: expect.stringContaining('gone for good') as string },
      ],
    });
    await world.handle.result();
  });
}, 450_000);

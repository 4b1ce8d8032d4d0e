/** Cancelling the change of a fleet: who may, what becomes of it, and what is refused. */
import { randomUUID } from 'node:crypto';
import { provisionUpdates } from '../../../src/contract/fleet/messages';
import { devServer } from '../../support/env';
import { eventually } from '../agent/harness';
import { fleetOf, memory, withFleet } from './harness';
import { turnRequest } from '../../support/turn-request';

const env = devServer();

it('takes the change back, once, and says why', async () => {
  await withFleet(
    env,
    async (world) => {
      await expect(world.fleets.cancel(world.fleet)).rejects.toMatchObject({ code: 'FleetNotFound' });
      const applied = await world.fleets.apply(world.fleet, { spec: fleetOf(['a', 'silent']) });
      const { changeId, revision } = applied;
      await world.changeUntil(({ steps }) => steps.created === 2 && steps.ready === 1);
      await expect(world.fleets.apply(world.fleet, { spec: fleetOf(['a']) })).rejects.toThrow(
        `cancel it with drover cancel ${world.fleet}`,
      );
      await expect(world.fleets.cancel(world.fleet, { revision: 7 })).rejects.toMatchObject({ code: 'StaleRevision' });
      await expect(world.fleets.cancel(world.fleet, { changeId: 'x' })).rejects.toMatchObject({
        code: 'StaleRevision',
      });

      const requestId = randomUUID();
      const order = { revision, reason: 'a typing error', requestId };
      expect(await world.fleets.cancel(world.fleet, order)).toMatchObject({ changeId, state: 'running' });
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({
        state: 'rolled_back',
        error: expect.stringContaining('cancelled: a typing error') as string,
      });
      expect(world.held()).toEqual([]);
      // A repeat of the same request gets the first answer.
      expect(await world.fleets.cancel(world.fleet, order)).toMatchObject({ changeId, state: 'running' });
      await expect(world.fleets.cancel(world.fleet)).rejects.toMatchObject({
        code: 'RuntimeStateError',
        message: `fleet ${world.fleet} has no change to cancel (revision 1 is rolled_back)`,
      });
      expect(await world.apply(fleetOf(['a']))).toMatchObject({ state: 'done' });
    },
    { silent: ['silent'] },
  );
});

it('is heard by a change in the middle of its creates, and by a destroy that waits its turn', async () => {
  await withFleet(
    env,
    async (world) => {
      await world.fleets.apply(world.fleet, { spec: fleetOf(['a', 'silent']) });
      await world.changeUntil(({ steps }) => steps.created === 2);
      const { changeId, revision } = await world.fleets.destroy(world.fleet, {}, { ifBusy: 'cancel' });
      expect(await world.ended(changeId ?? '', revision)).toMatchObject({ state: 'done' });
      expect(world.held()).toEqual([]);
    },
    { silent: ['silent'] },
  );
});

it.each(['delete', 'replace'] as const)(
  'a drain that a %s waits for is broken off, and the agent goes on',
  async (how) => {
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => (finish = resolve));
    await withFleet(
      env,
      async (world) => {
        await world.apply(fleetOf(['a', 'b']));
        const turn = {
          turnId: 't1',
          replyTo: `agent/${world.fleet}/b`,
          request: turnRequest('t1', { agent: 'a' }),
        };
        await env.client.workflow.getHandle(`agent/${world.fleet}/a`).signal('turnRequested', turn);
        await eventually(
          () => world.agent('a'),
          ({ turns }) => turns.inFlight === 1,
        );
        const spec =
          how === 'delete' ? fleetOf(['b']) : { agents: [memory('a', { process: { command: ['x'] } }), memory('b')] };
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec });
        await eventually(
          () => world.agent('a'),
          ({ status }) => status === 'paused',
        );
        await world.fleets.cancel(world.fleet);
        expect(await world.ended(changeId ?? '', revision)).toMatchObject({
          state: 'failed',
          error: 'cancelled',
          agents: [{ agent: 'a', kind: how, step: 'waiting', error: null }],
        });
        // Its turn is still in flight: the change did not wait for it.
        expect(await world.agent('a')).toMatchObject({ status: 'running', holds: [], turns: { inFlight: 1 } });
        expect(Object.keys((await world.view()).agents).sort()).toEqual(['a', 'b']);
        finish();
        await eventually(
          () => world.agent('a'),
          ({ turns }) => turns.inFlight === 0,
        );
        expect(world.held()).toEqual(['a', 'b']);
        expect(world.provider.count('wakeResource', 'a')).toBe(1);
        expect((await world.destroy()).state).toBe('done');
      },
      {
        takeTurn: async () => {
          await finished;
          return { reply: { action: 'final', response: 'done' } };
        },
      },
    );
  },
);

it.each([[7], ['text'], [null], [[]], [{ reason: 7 }], [{ force: true }]])(
  'the change itself refuses an invalid order: %j',
  async (order) => {
    await withFleet(
      env,
      async (world) => {
        await world.fleets.apply(world.fleet, { spec: fleetOf(['silent']) });
        await world.changeUntil(({ steps }) => steps.created === 1);
        await expect(
          world.saga().executeUpdate(provisionUpdates.cancel, { args: [order as object] }),
        ).rejects.toMatchObject({ cause: { type: 'InvalidRequest' } });
        expect(await world.changeUntil(() => true)).toMatchObject({ state: 'running' });
        await world.fleets.cancel(world.fleet);
      },
      { silent: ['silent'] },
    );
  },
);

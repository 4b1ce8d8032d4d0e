/** Changes of a fleet over HTTP: cancelled, undone once more, and destroyed with what cannot be removed given up. */
import { devServer } from '../../support/env';
import { providerFailure } from '../../support/memory-provider';
import { fleetOf, withFleet } from '../../workflows/fleet/harness';
import { withGateway } from '../listening';

const env = devServer();

it('POST cancel stops the change that runs, and says why none runs', async () => {
  await withFleet(
    env,
    async (world) => {
      await withGateway(env, world.taskQueue, async (ask) => {
        const path = `/v1/fleets/${world.fleet}/cancel`;
        expect(await ask('POST', path)).toMatchObject({ status: 404, body: { code: 'FleetNotFound' } });
        const { changeId, revision } = await world.fleets.apply(world.fleet, { spec: fleetOf(['a', 'silent']) });
        await world.changeUntil(({ steps }) => steps.created === 2);
        const another = await ask('POST', path, { revision: 7 });
        expect(another).toMatchObject({ status: 409, body: { code: 'StaleRevision' } });
        const order = { revision, reason: 'a typing error' };
        const key = { 'idempotency-key': 'k' };
        const cancelled = await ask('POST', path, order, key);
        expect(cancelled).toMatchObject({ status: 202, body: { changeId, revision, state: 'running' } });
        expect(await world.ended(changeId ?? '', revision)).toMatchObject({
          state: 'rolled_back',
          error: expect.stringContaining('cancelled: a typing error') as string,
        });
        expect(world.held()).toEqual([]);
        expect(await ask('POST', path)).toMatchObject({ status: 409, body: { code: 'RuntimeStateError' } });
        expect(await ask('POST', path, order, key)).toMatchObject({ status: 202, body: { changeId } });
      });
    },
    { silent: ['silent'] },
  );
});

it('POST compensate undoes once more what could not be undone, with the next attempt', async () => {
  let isBroken = true;
  await withFleet(
    env,
    async (world) => {
      await withGateway(env, world.taskQueue, async (ask) => {
        const path = `/v1/fleets/${world.fleet}/compensate`;
        await expect(world.apply(fleetOf(['a']))).resolves.toMatchObject({ state: 'failed' });
        expect(await ask('POST', path, { attempt: 1 })).toMatchObject({ status: 409, body: { code: 'StaleAttempt' } });
        isBroken = false;
        const key = { 'idempotency-key': 'again' };
        const begun = await ask('POST', path, {}, key);
        expect(begun).toMatchObject({ status: 202, body: { change: { compensation: { attempt: 2 } } } });
        expect(await ask('POST', path, {}, key)).toMatchObject({ status: 202 });
        const { change } = await world.view();
        expect(await world.ended(change?.changeId ?? '', 1)).toMatchObject({
          state: 'rolled_back',
          compensation: { attempt: 2, state: 'compensated' },
        });
        expect(world.held()).toEqual([]);
        expect(await ask('POST', path)).toMatchObject({ status: 409, body: { code: 'DuplicateCompensation' } });
      });
    },
    {
      // The answer of the create is lost, so the agent has no workflow that could remove the resource.
      after: ({ call }) => {
        if (call === 'createResource') throw providerFailure('the answer is lost');
      },
      before: ({ call }) => {
        if (call === 'destroyResource' && isBroken) throw providerFailure('not today', true);
      },
    },
  );
});

it('DELETE with forget gives up what cannot be removed, and says what that is', async () => {
  await withFleet(
    env,
    async (world) => {
      await world.apply(fleetOf(['a', 'b']));
      await withGateway(env, world.taskQueue, async (ask) => {
        const path = `/v1/fleets/${world.fleet}`;
        const { status, body } = await ask('DELETE', `${path}?forget=true`);
        expect(status).toBe(202);
        const ended = await world.ended(String(body['changeId']), Number(body['revision']));
        expect(ended).toMatchObject({
          state: 'done',
          forgotten: [{ agent: 'b', provider: 'memory', why: expect.stringContaining('stays') as string }],
        });
        expect(await ask('GET', path)).toMatchObject({ status: 404 });
      });
    },
    {
      // The agent's own workflow succeeds, and the fleet, which asks again, does not.
      before: ({ call, agent }, count) => {
        if (call === 'destroyResource' && agent === 'b' && count > 1) throw providerFailure('it stays', true);
      },
    },
  );
});

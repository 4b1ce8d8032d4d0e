/** A create or wake that needs its image first: an activity of its own, shown as a step, and the call made again. */
import { ApplicationFailure } from '@temporalio/common';
import { PREPARATION } from '../../../src/contract/activities';
import { devServer } from '../../support/env';
import type { ProviderCall, ProviderHook } from '../../support/memory-provider';
import { withAgents } from '../agent/harness';
import { fleetOf, withFleet } from '../fleet/harness';

const env = devServer();

const body = {
  code: 'ProviderError',
  message: 'no image',
  details: { permanent: true, needs: PREPARATION, attempt: 1 },
};

/** Refuses the first of these calls for want of a preparation. */
function unprepared(name: ProviderCall, onPrepare: () => Promise<void> | void = () => undefined): ProviderHook {
  return async ({ call }, count) => {
    if (call === 'prepareResource') await onPrepare();
    if (call === name && count === 1)
      throw ApplicationFailure.create({ type: body.code, message: body.message, nonRetryable: true, details: [body] });
  };
}

test('a wake that needs it is prepared for and made again', () =>
  withAgents(env, async (world) => {
    world.provider.before = unprepared('wakeResource');
    const agent = await world.start();
    expect(await agent.ready()).toMatchObject({ status: 'running', runtime: 'running' });
    expect(world.provider.calls.map(({ call }) => call)).toEqual([
      'createResource',
      'wakeResource',
      'prepareResource',
      'wakeResource',
    ]);
  }));

test('a change shows it as a step and goes on', () =>
  withFleet(env, async (world) => {
    const steps: string[] = [];
    world.provider.before = unprepared('createResource', async () => {
      const { agents } = await world.changeUntil((view) => view.agents.some(({ step }) => step !== 'creating'));
      steps.push(...agents.map(({ step }) => step));
    });
    expect(await world.apply(fleetOf(['a']))).toMatchObject({ state: 'done' });
    expect(world.provider.calls.map(({ call }) => call).slice(0, 3)).toEqual([
      'createResource',
      'prepareResource',
      'createResource',
    ]);
    expect(steps).toEqual(['preparing']);
  }));

test('one that cannot be prepared ends the change, and nothing is left', () =>
  withFleet(env, async (world) => {
    const refused = ApplicationFailure.create({ type: 'ProviderError', message: 'denied', nonRetryable: true });
    world.provider.before = unprepared('createResource', () => {
      throw refused;
    });
    expect(await world.apply(fleetOf(['a']))).toMatchObject({ state: 'rolled_back', error: 'a: denied' });
    expect(world.held()).toEqual([]);
  }));

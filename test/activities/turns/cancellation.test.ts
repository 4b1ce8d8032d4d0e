/** Turns that are cancelled: withdrawn at the agent, or left to the next worker. */
import { once } from 'node:events';
import { CancelledFailure } from '@temporalio/common';
import { ActivityCancellationDetails } from '@temporalio/common';
import { activityEnvironment } from '../../support/quiet';
import { agentThat, turn } from './endpoint';

describe('cancellation', () => {
  /** An agent that never answers a turn; resolves when it is asked, when its caller is gone, when the turn is withdrawn. */
  async function silentAgent() {
    const events: string[] = [];
    const levers: Record<string, () => void> = {};
    const when = Object.fromEntries(
      ['asked', 'left', 'DELETE /turn/t1'].map((name) => [
        name,
        new Promise<void>((resolve) => (levers[name] = resolve)),
      ]),
    );
    const happened = (event: string): void => {
      events.push(event);
      levers[event]?.();
    };
    const endpoint = await agentThat((request, response) => {
      request.resume();
      if (request.method === 'DELETE') {
        happened(`DELETE ${request.url ?? ''}`);
        response.end('{}');
        return;
      }
      response.once('close', () => happened('left'));
      happened('asked');
    });
    return { endpoint, events, when };
  }

  test('a cancelled turn leaves the agent and tells it', async () => {
    const { endpoint, when } = await silentAgent();
    const environment = activityEnvironment();
    const work = turn(endpoint, undefined, environment);
    await when['asked'];
    environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true }));
    await expect(work).rejects.toBeInstanceOf(CancelledFailure);
    await Promise.all([when['left'], when['DELETE /turn/t1']]);
  });

  test('a worker that shuts down leaves the turn to the next one', async () => {
    const { endpoint, events, when } = await silentAgent();
    const environment = activityEnvironment();
    const work = turn(endpoint, undefined, environment);
    await when['asked'];
    environment.cancel('WORKER_SHUTDOWN', new ActivityCancellationDetails({ workerShutdown: true }));
    await expect(work).rejects.toBeInstanceOf(CancelledFailure);
    await when['left'];
    expect(events).toEqual(['asked', 'left']);
  });

  test('it beats while the agent works', async () => {
    const { endpoint, when } = await silentAgent();
    const environment = activityEnvironment();
    const beat = once(environment, 'heartbeat');
    const work = turn(endpoint, undefined, environment);
    await Promise.all([beat, when['asked']]);
    environment.cancel('CANCELLED', new ActivityCancellationDetails({ cancelRequested: true }));
    await expect(work).rejects.toBeInstanceOf(CancelledFailure);
  });
});

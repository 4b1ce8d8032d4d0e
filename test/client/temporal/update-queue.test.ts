import { setTimeout as sleep } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { ServiceError, WorkflowUpdateFailedError } from '@temporalio/client';
import { UpdateQueue as Queue } from '../../../src/client/temporal/update-queue';
import { monotonicMs } from '../../../src/lib/clock';

/** Over workflows that are open. */
class UpdateQueue {
  readonly #queue = new Queue();
  run<T>(workflowId: string, deadline: number, send: () => Promise<T>, closed = false): Promise<T> {
    return this.#queue.run(workflowId, deadline, { send, isClosed: async () => closed });
  }
}

/** As gRPC throws it: an error with a numeric code, its text and its metadata. */
function grpcError(code: number, details: string): ServiceError {
  const cause = Object.assign(new Error(`${String(code)} ${details}`), { code, details, metadata: {} });
  return new ServiceError('Workflow Update failed', { cause });
}

const soon = () => monotonicMs() + 10_000;

describe('updates of one workflow', () => {
  it('has three in flight and keeps the order of arrival', async () => {
    const queue = new UpdateQueue();
    const begun: number[] = [];
    let inFlight = 0;
    let most = 0;
    const all = Array.from({ length: 40 }, (_, index) =>
      queue.run('w', soon(), async () => {
        begun.push(index);
        inFlight += 1;
        most = Math.max(most, inFlight);
        await sleep(1);
        inFlight -= 1;
        return index;
      }),
    );
    expect(await Promise.all(all)).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(begun).toEqual(Array.from({ length: 40 }, (_, index) => index));
    expect(most).toBe(3);
  });

  it('does not make one workflow wait for another', async () => {
    const queue = new UpdateQueue();
    let release = (): void => undefined;
    const stuck = new Promise<void>((resolve) => (release = resolve));
    const blocked = Array.from({ length: 3 }, () => queue.run('a', soon(), () => stuck));
    await expect(queue.run('b', soon(), async () => 'answered')).resolves.toBe('answered');
    release();
    await Promise.all(blocked);
  });

  it('gives its place back after a failure', async () => {
    const queue = new UpdateQueue();
    const failing = Array.from({ length: 5 }, () =>
      queue.run('w', soon(), () => Promise.reject(new Error('refused'))).catch((error: Error) => error.message),
    );
    expect(await Promise.all(failing)).toEqual(Array(5).fill('refused'));
    await expect(queue.run('w', soon(), async () => 'next')).resolves.toBe('next');
  });
});

describe('what is sent again', () => {
  const retryable: readonly [string, () => Error][] = [
    [
      'the limit of updates in flight',
      () => grpcError(8, 'limit on number of concurrent in-flight updates has been reached'),
    ],
    ['an update aborted by the server', () => grpcError(14, 'workflow update was aborted')],
    ['an update aborted by a closing run', () => grpcError(5, 'workflow update was aborted by closing workflow')],
    [
      'an update whose task was lost',
      () => grpcError(9, 'Unable to perform workflow execution update due to unexpected workflow task failure.'),
    ],
    ['a server that is just started again', () => grpcError(14, 'connect ECONNREFUSED')],
    [
      'a workflow that is about to continue as new',
      () =>
        new WorkflowUpdateFailedError('failed', ApplicationFailure.create({ type: 'Unavailable', nonRetryable: true })),
    ],
  ];

  it.each(retryable)('%s', async (_what, error) => {
    let sent = 0;
    const answer = await new UpdateQueue().run('w', soon(), async () => {
      sent += 1;
      if (sent < 3) throw error();
      return 'answered';
    });
    expect(answer).toBe('answered');
    expect(sent).toBe(3);
  });

  it('a refusal is not', async () => {
    let sent = 0;
    const refusal = new WorkflowUpdateFailedError('failed', ApplicationFailure.create({ type: 'ResumeStateError' }));
    const answer = new UpdateQueue().run('w', soon(), () => {
      sent += 1;
      return Promise.reject(refusal);
    });
    await expect(answer).rejects.toBe(refusal);
    expect(sent).toBe(1);
  });

  it('an update is not whose workflow has ended for good: the server would abort it for ever', async () => {
    let sent = 0;
    const aborted = grpcError(5, 'workflow update was aborted by closing workflow');
    const send = () => {
      sent += 1;
      return Promise.reject(aborted);
    };
    await expect(new UpdateQueue().run('w', soon(), send, true)).rejects.toBe(aborted);
    expect(sent).toBe(1);
  });

  it('nothing is after the deadline', async () => {
    const began = monotonicMs();
    const busy = grpcError(8, 'limit on number of concurrent in-flight updates has been reached');
    await expect(new UpdateQueue().run('w', began + 300, () => Promise.reject(busy))).rejects.toBe(busy);
    expect(monotonicMs() - began).toBeLessThan(2_500);
  });
});

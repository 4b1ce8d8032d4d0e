import {
  ApplicationFailure,
  CancelledFailure,
  NamespaceNotFoundError,
  TerminatedFailure,
  WorkflowNotFoundError,
} from '@temporalio/common';
import {
  ServiceError,
  WorkflowFailedError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { asDroverError } from '../../../src/client/temporal/errors';
import { isConnectionError, isRetryableUpdateError } from '../../../src/client/temporal/error-kinds';
import { agentSubject, fleetSubject, runSubject } from '../../../src/client/temporal/subject';
import { DroverError } from '../../../src/contract/errors';

const agent = agentSubject({ fleet: 'mars', agent: 'AgentA' });

function grpcError(code: number, details: string): ServiceError {
  const cause = Object.assign(new Error(`${String(code)} NAME: ${details}`), { code, details, metadata: {} });
  return new ServiceError('failed', { cause });
}

describe('what Temporal throws becomes a DroverError', () => {
  it('takes code, message and facts from the refusal of a workflow', () => {
    const body = {
      code: 'ResumeStateError',
      message: 'not now',
      current: { status: 'running', runtime: 'running', liveness: 'ready', holds: [] },
      allowed: ['pause'],
    };
    const refusal = ApplicationFailure.create({
      type: 'ResumeStateError',
      message: 'not now',
      details: [body],
      nonRetryable: true,
    });
    const error = asDroverError(new WorkflowUpdateFailedError('Workflow Update failed', refusal), agent);
    expect(error.toBody()).toEqual({
      code: 'ResumeStateError',
      message: 'not now',
      details: { current: body.current, allowed: ['pause'] },
    });
  });

  it('names what is missing, also after a call of the service itself', () => {
    const run = runSubject({ fleet: 'mars', run: 'none' });
    expect(asDroverError(grpcError(5, 'workflow not found for ID: run/mars/none'), run)).toMatchObject({
      code: 'RunNotFound',
    });
  });

  it('repeats an update that a worker has overlooked, and names the worker when it always does', () => {
    const overlooked =
      "Workflow Update is rejected because it wasn't processed by worker. Probably, Workflow Update is not supported";
    const error = new WorkflowUpdateFailedError('Workflow Update failed', new ApplicationFailure(overlooked));
    expect(isRetryableUpdateError(error)).toBe(true);
    expect(asDroverError(error, agent)).toMatchObject({ code: 'Unavailable' });
  });

  it.each([2, 13, 15])('repeats an update that met gRPC status %i, with the same id', (code) => {
    expect(isRetryableUpdateError(grpcError(code, 'oops'))).toBe(true);
    expect(isConnectionError(grpcError(code, 'oops'))).toBe(true);
  });

  it('merges the details of a plain error body', () => {
    const body = { code: 'StaleRevision', message: 'old', details: { revision: 3 } };
    const failure = ApplicationFailure.create({ type: 'StaleRevision', message: 'old', details: [body] });
    expect(asDroverError(failure, agent).details).toEqual({ revision: 3 });
  });

  it.each([
    ['an agent', agent, 'AgentNotFound'],
    ['a fleet', fleetSubject('mars'), 'FleetNotFound'],
    ['a run', runSubject({ fleet: 'mars', run: 'r1' }), 'RunNotFound'],
  ] as const)('says which kind of thing does not exist: %s', (_what, subject, code) => {
    const error = asDroverError(
      new WorkflowNotFoundError('workflow not found', subject.workflowId, undefined),
      subject,
    );
    expect(error.code).toBe(code);
    expect(error.message).toContain(subject.name);
  });

  it.each([
    ['no connection', grpcError(14, 'connect ECONNREFUSED'), 'Unavailable'],
    ['a busy server', grpcError(8, 'too many'), 'Unavailable'],
    ['a server that fails inside', grpcError(13, 'shard status unknown'), 'Unavailable'],
    ['a server or a proxy that does not know why it failed', grpcError(2, 'unexpected HTTP 502'), 'Unavailable'],
    ['a server that has lost something', grpcError(15, 'short read'), 'Unavailable'],
    ['no worker for a query', grpcError(9, 'no poller seen for task queue recently'), 'Unavailable'],
    ['no such namespace', new NamespaceNotFoundError('other'), 'Unavailable'],
    ['no such namespace, of a call without a workflow', grpcError(5, 'Namespace nope is not found.'), 'Unavailable'],
    ['something else that is not there', grpcError(5, 'no such thing'), 'Internal'],
    ['a request that makes no sense', grpcError(3, 'Invalid NextPageToken.'), 'InvalidRequest'],
    ['a deadline', grpcError(4, 'Deadline exceeded'), 'Timeout'],
    ['a deadline of an update', new WorkflowUpdateRPCTimeoutOrCancelledError('late'), 'Timeout'],
    ['no permission', grpcError(7, 'no'), 'Forbidden'],
    ['no credentials', grpcError(16, 'who are you'), 'Unauthorized'],
    [
      'a workflow that was terminated',
      new WorkflowFailedError('failed', new TerminatedFailure('bye'), 'NON_RETRYABLE_FAILURE'),
      'Internal',
    ],
    [
      'a workflow that was cancelled',
      new WorkflowFailedError('failed', new CancelledFailure('bye'), 'NON_RETRYABLE_FAILURE'),
      'Internal',
    ],
    [
      'a failure of a type that is not ours',
      ApplicationFailure.create({ type: 'TypeError', message: 'oops' }),
      'Internal',
    ],
    ['anything else', new TypeError('oops'), 'Internal'],
  ] as const)('%s', (_what, thrown, code) => {
    expect(asDroverError(thrown, agent).code).toBe(code);
  });

  it('says the same of a namespace from either source', () => {
    const message = 'Temporal has no namespace "nope"; create it, or name another one with --namespace';
    expect(asDroverError(grpcError(5, 'Namespace nope is not found.'), null).message).toBe(message);
    expect(asDroverError(new NamespaceNotFoundError('nope'), null).message).toBe(message);
  });

  it('leaves ours as they are', () => {
    const ours = new DroverError('ChangeInProgress', 'busy');
    expect(asDroverError(ours, null)).toBe(ours);
  });
});

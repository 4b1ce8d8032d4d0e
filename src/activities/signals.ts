/** Messages between workflows (decision 15). */
import type { Calls } from '../client/temporal/calls';
import { workflowSubject } from '../client/temporal/subject';
import type { FamilyActivities, SignalActivities } from '../contract/activities';
import { DroverError } from '../contract/errors';
import { BRANCH_WORKFLOW } from '../contract/names';
import { asActivityFailure } from './failures';

/** Matches the server's message for a receiver that has reached its limit of 10,000 signals. */
const TAKES_NO_MORE = /limit for signal events/i;

/** Creates the activities that send signals through the worker's client. */
export function createSignalActivities(calls: Pick<Calls, 'signal' | 'typeOf'>): SignalActivities & FamilyActivities {
  return {
    async signalWorkflow({ workflowId, signal, argument }) {
      try {
        await calls.signal(workflowSubject(workflowId), signal, argument);
        return 'delivered';
      } catch (error) {
        if (!(error instanceof DroverError)) throw error;
        if (error.code === 'NotFound' || TAKES_NO_MORE.test(error.message)) return 'gone';
        // Any other error is retried: first by the retry policy, then by the sender's workflow, which shows it in its card.
        throw asActivityFailure(error, { permanent: error.code === 'InvalidRequest', expected: true });
      }
    },
    async isBranch({ workflowId }) {
      return (await calls.typeOf(workflowSubject(workflowId))) === BRANCH_WORKFLOW;
    },
  };
}

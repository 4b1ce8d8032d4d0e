/** Messages between workflows (decision 15). */
import type { Calls } from '../client/temporal/calls';
import { workflowSubject } from '../client/temporal/subject';
import type { FamilyActivities, SignalActivities } from '../contract/activities';
import { DroverError } from '../contract/errors';
import { BRANCH_WORKFLOW } from '../contract/names';
import { asActivityFailure } from './failures';

/** What the server says of a receiver that has had its 10,000 signals. */
const TAKES_NO_MORE = /limit for signal events/i;

/** Sends them as the worker's client. */
export function createSignalActivities(calls: Pick<Calls, 'signal' | 'typeOf'>): SignalActivities & FamilyActivities {
  return {
    async signalWorkflow({ workflowId, signal, argument }) {
      try {
        await calls.signal(workflowSubject(workflowId), signal, argument);
        return 'delivered';
      } catch (error) {
        if (!(error instanceof DroverError)) throw error;
        if (error.code === 'NotFound' || TAKES_NO_MORE.test(error.message)) return 'gone';
        // Whatever else the server says is asked again: at once by the policy, then by the sender's workflow, which says so in its card.
        throw asActivityFailure(error, { permanent: error.code === 'InvalidRequest', expected: true });
      }
    },
    async isBranch({ workflowId }) {
      return (await calls.typeOf(workflowSubject(workflowId))) === BRANCH_WORKFLOW;
    },
  };
}

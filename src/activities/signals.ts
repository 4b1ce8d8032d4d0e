/** Messages between workflows (decision 15). */
import type { Calls } from '../client/calls';
import { workflowSubject } from '../client/subject';
import type { SignalActivities } from '../contract/activities';
import { DroverError } from '../contract/errors';
import { asActivityFailure } from './failures';

/** Sends them as the worker's client. */
export function createSignalActivities(calls: Pick<Calls, 'signal'>): SignalActivities {
  return {
    async signalWorkflow({ workflowId, signal, argument }) {
      try {
        await calls.signal(workflowSubject(workflowId), signal, argument);
        return 'delivered';
      } catch (error) {
        if (!(error instanceof DroverError)) throw error;
        if (error.code === 'NotFound') return 'gone';
        // The server cannot be reached or is busy, and is asked again; what it refuses it would refuse again.
        throw asActivityFailure(error, { permanent: error.code === 'Internal', expected: true });
      }
    },
  };
}

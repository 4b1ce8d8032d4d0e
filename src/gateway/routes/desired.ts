/** The desired state in the answer to a beat. */
import type { AgentView } from '../../contract/agent';
import type { BeatAnswer } from '../../contract/protocol';

/** `stop` if nothing must run, `pause` if a hold forbids work, else `run`. */
export function desiredOf({ status, holds }: Pick<AgentView, 'status' | 'holds'>): BeatAnswer['desired'] {
  switch (status) {
    case 'stopped':
    case 'failed':
    case 'terminated':
      return 'stop';
    case 'paused':
      return 'pause';
    case 'pending':
    case 'running':
      return holds.length > 0 ? 'pause' : 'run';
  }
}

/** The whole answer, from the last view of the agent's workflow. */
export function beatAnswer(view: AgentView): BeatAnswer {
  const answer = { desired: desiredOf(view), nextBeatMs: view.beats.everyMs };
  return view.subscription === null ? answer : { ...answer, subscription: view.subscription };
}

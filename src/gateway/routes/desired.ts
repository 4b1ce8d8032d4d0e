/** What an agent is told to do in the answer to its beat. */
import type { AgentView } from '../../contract/agent';
import type { BeatAnswer } from '../../contract/protocol';

/** `stop` where nothing shall run, `pause` where a hold forbids work, else `run`. */
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

/** The whole answer, from what the agent's workflow said last. */
export function beatAnswer(view: AgentView): BeatAnswer {
  const answer = { desired: desiredOf(view), nextBeatMs: view.beats.everyMs };
  return view.subscription === null ? answer : { ...answer, subscription: view.subscription };
}

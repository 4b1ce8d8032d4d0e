/** The session of the agent that a new one replaces, if its specification keeps it. */
import { Context } from '@temporalio/activity';
import type { Calls } from '../../client/temporal/calls';
import { agentSubject } from '../../client/temporal/subject';
import type { AgentInput } from '../../contract/agent';
import { describeAgent } from '../../contract/agent/messages';
import { DroverError } from '../../contract/errors';

/** After this many attempts of the activity, a former agent that does not answer has no session to give. */
const ATTEMPTS = 3;

/**
 * The input with the session of the closed workflow of this name in this fleet. An agent that
 * can no longer be asked must not keep its fleet from being repaired, so the new one then begins
 * without a session.
 */
export async function withKeptSession(calls: Calls, input: AgentInput): Promise<AgentInput> {
  if (input.spec.keepSession !== true) return input;
  const { attempt } = Context.current().info;
  try {
    const { view, end } = await calls.queryWithEnd(agentSubject(input), describeAgent);
    const isFormer = end !== null && view.incarnation === input.incarnation;
    return isFormer && view.session !== undefined ? { ...input, session: view.session } : input;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    if (error.code === 'AgentNotFound') return input;
    if (attempt < ATTEMPTS) throw error;
    Context.current().log.warn('the session of the former agent is lost, because its workflow does not answer', {
      error,
    });
    return input;
  }
}

/** Asks an agent to undo a finished turn (docs/coordination.md, "What an agent replies"). */
import { isTerminated } from '../../rules/agent/lifecycle';
import { Context } from '@temporalio/activity';
import type { Calls } from '../../client/temporal/calls';
import { agentSubject } from '../../client/temporal/subject';
import type { UndoActivities, UndoCall } from '../../contract/activities';
import { DroverError } from '../../contract/errors';
import { describeAgent } from '../../contract/agent/messages';
import { AGENT_PATHS } from '../../contract/protocol';
import { messageOf, QUOTE_BYTES } from '../../contract/text';
import { errorCode } from '../../lib/error-code';
import { type HttpAnswer, httpCall, isSuccess } from '../../providers/http-call';
import { titleOf } from '../../providers/provider';
import { asActivityFailure } from '../failures';
import { type TurnSettings, addressed, isUnavailable } from './turns';

/** Dependencies: those of turns, and calls to the agent's workflow, which knows the current endpoint. */
export interface UndoSettings extends TurnSettings {
  readonly calls: Calls;
}

/** The undo activity. It does not retry permanent errors: a missing agent, an agent without `/undo`, a refusal. */
export function createUndoActivities(settings: UndoSettings): UndoActivities {
  return {
    async undoTurn(call) {
      const endpoint = await endpointOf(call, settings.calls);
      const { turnId, undo } = call;
      let answer: HttpAnswer;
      try {
        const { send = httpCall } = settings;
        answer = await send({
          ...addressed({ ...call, endpoint }, settings, AGENT_PATHS.undo),
          method: 'POST',
          body: { turnId, undo },
          signal: Context.current().cancellationSignal,
        });
      } catch (error) {
        if (errorCode(error) === undefined) throw error;
        throw unavailable(call, messageOf(error, QUOTE_BYTES));
      }
      const { status } = answer;
      if (isUnavailable(answer)) throw unavailable(call, `it answered ${String(status)}`);
      if (!isSuccess(answer)) throw refused(call, `it answered ${String(status)} to POST /undo`);
    },
  };
}

async function endpointOf({ fleet, agent }: UndoCall, calls: Calls): Promise<string> {
  try {
    const view = await calls.query(agentSubject({ fleet, agent }), describeAgent, {});
    if (isTerminated(view)) throw refused({ fleet, agent }, 'it is terminated');
    if (view.endpoint === null) throw unavailable({ fleet, agent }, 'it has no endpoint');
    return view.endpoint;
  } catch (error) {
    if (error instanceof DroverError) throw asActivityFailure(error, { permanent: error.code === 'AgentNotFound' });
    throw error;
  }
}

function unavailable(of: Pick<UndoCall, 'fleet' | 'agent'>, why: string): Error {
  return asActivityFailure(new DroverError('AgentUnavailable', `${titleOf(of)} is not available: ${why}`), {
    expected: true,
  });
}

function refused(of: Pick<UndoCall, 'fleet' | 'agent'>, why: string): Error {
  return asActivityFailure(new DroverError('TurnRejected', `${titleOf(of)} cannot undo: ${why}`), { permanent: true });
}

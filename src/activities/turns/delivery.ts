/** Sends a reply from the turn's activity directly to the waiting branch (decision 11), which saves the agent's workflow two tasks. */
import { Context } from '@temporalio/activity';
import type { Calls } from '../../client/temporal/calls';
import { workflowSubject } from '../../client/temporal/subject';
import type { SignalActivities, TurnActivities, TurnCall } from '../../contract/activities';
import { agentSignals } from '../../contract/agent/messages';
import { agentWorkflowId } from '../../contract/names';
import { branchSignals } from '../../contract/run/messages';
import type { TurnAnswered } from '../../contract/agent/turns';
import { whileRepeating } from '../repeating';

/**
 * How often a turn looks whether its branch still runs. Only an end from outside is found so, and it costs the agent half a minute at most;
 * a look is one call of the server without an event.
 */
const LOOK_EVERY_MS = 30_000;

/** The calls of the server that delivery needs. */
export interface Delivering {
  readonly signals: SignalActivities;
  readonly calls: Pick<Calls, 'isClosed'>;
  readonly lookEveryMs?: number;
}

/**
 * Delivers replies only, because the agent's workflow decides about errors. If the signal fails, the agent's workflow sends the reply. A
 * branch that receives two replies, as after a lost worker, takes the first. A turn whose branch was terminated is withdrawn: such a
 * workflow can withdraw nothing itself.
 */
export function delivering(by: Delivering, turns: TurnActivities): TurnActivities {
  const { signals } = by;
  return {
    async takeTurn(call) {
      const result = await whileAsked(by, call, () => turns.takeTurn(call));
      if (!('reply' in result) || result.failure !== undefined || result.retry !== undefined) return result;
      const { turnId } = call.request;
      const argument: TurnAnswered = { turnId, outcome: { reply: result.reply } };
      try {
        const signal = branchSignals.turnAnswered.name;
        const delivery = await signals.signalWorkflow({ workflowId: call.replyTo, signal, argument });
        return delivery === 'delivered' ? { ...result, delivered: true } : result;
      } catch (error) {
        Context.current().log.debug('the reply could not be delivered to the branch', { turnId, error });
        return result;
      }
    },
  };
}

/** Asks the agent's workflow to withdraw the turn once its branch has closed; that cancels the activity. */
async function whileAsked<T>(
  { signals, calls, lookEveryMs = LOOK_EVERY_MS }: Delivering,
  { fleet, agent, replyTo, request: { turnId } }: TurnCall,
  work: () => Promise<T>,
): Promise<T> {
  const { log } = Context.current();
  const look = async (): Promise<void> => {
    if (!(await calls.isClosed(workflowSubject(replyTo)))) return;
    const workflowId = agentWorkflowId(fleet, agent);
    await signals.signalWorkflow({ workflowId, signal: agentSignals.turnWithdrawn.name, argument: { turnId } });
  };
  const lookAgain = (): void => {
    look().catch((error: unknown) => {
      log.debug('could not find out whether the branch of a turn still runs', { turnId, error });
    });
  };
  return whileRepeating(lookEveryMs, lookAgain, work);
}

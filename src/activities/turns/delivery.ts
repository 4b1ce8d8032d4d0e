/** Sends a reply from the turn's activity directly to the waiting branch (decision 11), which saves the agent's workflow two tasks. */
import { Context } from '@temporalio/activity';
import type { SignalActivities, TurnActivities } from '../../contract/activities';
import { branchSignals } from '../../contract/run/messages';
import type { TurnAnswered } from '../../contract/agent/turns';

/**
 * Delivers replies only, because the agent's workflow decides about errors. If the signal fails, the agent's workflow sends the reply. A
 * branch that receives two replies, as after a lost worker, takes the first.
 */
export function delivering(signals: SignalActivities, turns: TurnActivities): TurnActivities {
  return {
    async takeTurn(call) {
      const result = await turns.takeTurn(call);
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

/** A reply goes from the turn's activity straight to the branch that waits for it (decision 11): the agent's workflow need not send it, nor hear that it came. */
import { Context } from '@temporalio/activity';
import type { SignalActivities, TurnActivities } from '../contract/activities';
import { branchSignals } from '../contract/run/messages';
import type { TurnAnswered } from '../contract/agent/turns';

/**
 * Delivers replies, and nothing else: of an error the agent's workflow decides what becomes of it. Where the branch cannot be told, the
 * agent's workflow tells it. A branch that hears twice, as after a lost worker, takes the first.
 */
export function delivering(signals: SignalActivities, turns: TurnActivities): TurnActivities {
  return {
    async takeTurn(call) {
      const result = await turns.takeTurn(call);
      if (!('reply' in result) || result.failure !== undefined) return result;
      const { turnId } = call.request;
      const argument: TurnAnswered = { turnId, outcome: { reply: result.reply } };
      try {
        const signal = branchSignals.turnAnswered.name;
        const delivery = await signals.signalWorkflow({ workflowId: call.replyTo, signal, argument });
        return delivery === 'delivered' ? { ...result, delivered: true } : result;
      } catch (error) {
        Context.current().log.debug('the branch could not be told', { turnId, error });
        return result;
      }
    },
  };
}

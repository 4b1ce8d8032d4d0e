/** A scripted run takes the turns of its agents itself, because it holds the script and its position (decision 6). */
import { branchSignals } from '../../contract/run/messages';
import type { Script, TraceEntry } from '../../contract/run';
import { type TurnOutcome, type TurnRequested, DEFAULT_TURN_TIMEOUT_MS } from '../../contract/agent/turns';
import { scriptedTurn } from '../../rules/run/script';
import type { RunLife } from './life';
import { isHistoryFull } from '../shared/continue-as-new';
import { startTimer } from '../shared/timer';

const FULL = { code: 'LimitReached', message: 'the history of this scripted run has no room for more turns' } as const;

/** The agents of a scripted run. */
export interface ScriptedAgents {
  requested(message: TurnRequested): void;
  withdrawn(turnId: string): void;
  /** In the order of replies. */
  trace(): readonly TraceEntry[];
}

/** Create one per scripted run. */
export function createScriptedAgents(life: RunLife, script: Script): ScriptedAgents {
  const positions = new Map<string, number>();
  /** Null: in progress or withdrawn. */
  const outcomes = new Map<string, TurnOutcome | null>();
  const timers = new Map<string, () => void>();
  const trace: TraceEntry[] = [];

  function answer(replyTo: string, turnId: string, outcome: TurnOutcome): void {
    life.outbox.tell(replyTo, branchSignals.turnAnswered, { turnId, outcome });
  }
  return {
    trace: () => trace,
    requested({ turnId, replyTo, request, timeoutMs }) {
      if (!replyTo.startsWith(`${life.workflowId}/`)) return;
      const known = outcomes.get(turnId);
      if (known) answer(replyTo, turnId, known);
      if (known !== undefined) return;
      if (isHistoryFull(life.input.mostEvents)) return answer(replyTo, turnId, { error: FULL });
      const { agent, branch, input } = request;
      const position = positions.get(agent) ?? 0;
      const { outcome, delayMs, next } = scriptedTurn(script, agent, position, timeoutMs ?? DEFAULT_TURN_TIMEOUT_MS);
      positions.set(agent, next);
      outcomes.set(turnId, null);
      const finish = (): void => {
        timers.delete(turnId);
        outcomes.set(turnId, outcome);
        if ('reply' in outcome) trace.push({ turnId, branch, agent, input, reply: outcome.reply });
        answer(replyTo, turnId, outcome);
      };
      timers.set(turnId, startTimer(life.supervisor, delayMs, finish, `${agent} replies`));
    },
    withdrawn(turnId) {
      timers.get(turnId)?.();
      timers.delete(turnId);
      if (!outcomes.has(turnId)) outcomes.set(turnId, null);
    },
  };
}

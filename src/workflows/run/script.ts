/** A scripted run takes the turns of its agents itself, because it holds the script and its position (decision 6). */
import { branchSignals } from '../../contract/run/messages';
import type { TraceEntry } from '../../contract/run';
import type { Script } from '../../contract/run/script';
import { type TurnOutcome, type TurnRequested, DEFAULT_TURN_TIMEOUT_MS } from '../../contract/agent/turns';
import { createReplicas, withoutReplica } from '../../rules/run/replicas';
import { type ScriptedTurn, scriptedTurn } from '../../rules/run/script';
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
  const replicas = createReplicas(life.input.services ?? {});
  const positions = new Map<string, number>();
  /** Null: in progress or withdrawn. */
  const outcomes = new Map<string, TurnOutcome | null>();
  const timers = new Map<string, () => void>();
  const takers = new Map<string, string | null>();
  const trace: TraceEntry[] = [];

  function answer(replyTo: string, turnId: string, outcome: TurnOutcome): void {
    life.outbox.tell(replyTo, branchSignals.turnAnswered, { turnId, outcome });
  }

  /** A replica without a script of its own plays that of its agent, together with the others. */
  function played(agent: string, taker: string, limitMs: number): Pick<ScriptedTurn, 'outcome' | 'delayMs'> {
    const player = Object.hasOwn(script, taker) ? taker : agent;
    const turn = scriptedTurn(script, player, positions.get(player) ?? 0, limitMs);
    positions.set(player, turn.next);
    return turn;
  }

  function ended(turnId: string): void {
    timers.delete(turnId);
    const taker = takers.get(turnId);
    takers.delete(turnId);
    if (taker) replicas.end(taker);
  }

  return {
    trace: () => trace,
    requested({ turnId, replyTo, request, timeoutMs }) {
      if (replyTo !== life.workflowId && !replyTo.startsWith(`${life.workflowId}/`)) return;
      const known = outcomes.get(turnId);
      if (known) answer(replyTo, turnId, known);
      if (known !== undefined) return;
      if (isHistoryFull(life.input.mostEvents)) return answer(replyTo, turnId, { error: FULL });
      const { agent, branch, input } = request;
      const taker = replicas.begin(agent);
      const by = taker !== null && taker !== agent ? { replica: taker } : {};
      const limitMs = timeoutMs ?? DEFAULT_TURN_TIMEOUT_MS;
      const { outcome, delayMs } = taker === null ? withoutReplica(agent) : played(agent, taker, limitMs);
      takers.set(turnId, taker);
      outcomes.set(turnId, null);
      const finish = (): void => {
        ended(turnId);
        outcomes.set(turnId, outcome);
        if ('reply' in outcome) trace.push({ turnId, branch, agent, ...by, input, reply: outcome.reply });
        answer(replyTo, turnId, outcome);
      };
      // The branch within this workflow goes on in the same task, and a long script would hold the worker: each turn is a task of its own.
      const waitMs = replyTo === life.workflowId ? Math.max(1, delayMs) : delayMs;
      timers.set(turnId, startTimer(life.supervisor, waitMs, finish, `${agent} replies`));
    },
    withdrawn(turnId) {
      timers.get(turnId)?.();
      ended(turnId);
      if (!outcomes.has(turnId)) outcomes.set(turnId, null);
    },
  };
}

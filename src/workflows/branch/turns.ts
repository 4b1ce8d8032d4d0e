/** A branch's turns: asked from the agent's workflow, or from the run's in a scripted run, until an answer comes. */
import { condition } from '@temporalio/workflow';
import { agentSignals } from '../../contract/agent/messages';
import { agentWorkflowId, runWorkflowId } from '../../contract/names';
import {
  type TurnAnswered,
  type TurnOutcome,
  type TurnRequest,
  DEFAULT_TURN_TIMEOUT_MS,
} from '../../contract/agent/turns';
import { Stopped } from '../../rules/coordination/effects';
import type { BranchLife } from './life';

/** docs/workflow-rules.md, rule 2: whoever waits for a signal asks again. */
const ASK_AGAIN_MS = 120_000;
/** A suspended agent may stay so for days: then asking again is only for the case that its word to go on was lost. */
const ASK_SUSPENDED_AGAIN_MS = 3_600_000;
/** An agent whose queue is full is asked again after a second, then twice as long each time. */
const BUSY_FIRST_MS = 1_000;
const BUSY_MOST_MS = 30_000;

export interface BranchTurns {
  /** Throws `Stopped`, after the turn has been withdrawn. */
  take(request: TurnRequest, timeoutMs: number | null): Promise<TurnOutcome>;
  answered(message: TurnAnswered): void;
  suspended(turnId: string, suspended: boolean): void;
  /** Whether a turn is waited for. */
  isWaiting(): boolean;
  isSuspended(): boolean;
}

interface OpenTurn {
  readonly turnId: string;
  readonly outcome: TurnOutcome | null;
  readonly suspended: boolean;
}

/** `onSuspended` hears when the present turn's agent stands still, and when it goes on. */
export function createTurns(life: BranchLife, onSuspended: (suspended: boolean) => void): BranchTurns {
  let turn: OpenTurn | null = null;

  const outcome = (): TurnOutcome | null => turn?.outcome ?? null;
  const isStopped = (): boolean => life.stop.reason() !== null;

  function setSuspended(suspended: boolean): void {
    if (turn === null || turn.suspended === suspended) return;
    turn = { ...turn, suspended };
    onSuspended(suspended);
  }

  /** Asks until there is an answer, a stop, or nobody to ask. */
  async function ask(target: string, request: TurnRequest, timeoutMs: number | null): Promise<TurnOutcome | null> {
    const { turnId } = request;
    // A script remembers nothing, and the run's history would hold what its branches remember once per turn.
    const travelling = life.options.scripted ? { ...request, memory: [] } : request;
    const limit = timeoutMs === null ? {} : { timeoutMs: Math.max(1, Math.round(timeoutMs)) };
    for (let again = ASK_AGAIN_MS; !isStopped(); again = turn?.suspended === true ? again * 2 : ASK_AGAIN_MS) {
      const message = { turnId, replyTo: life.workflowId, request: travelling, ...limit };
      const delivery = await life.outbox.send(target, agentSignals.turnRequested, message);
      if (delivery === 'gone' && outcome() === null) {
        return { error: { code: 'AgentUnavailable', message: `${target} is not there` } };
      }
      await condition(() => outcome() !== null || isStopped(), Math.min(again, ASK_SUSPENDED_AGAIN_MS), {
        summary: `answer to turn ${turnId}`,
      });
      if (outcome() !== null) return outcome();
    }
    return null;
  }

  return {
    async take(request, timeoutMs) {
      const { turnId, agent } = request;
      const { fleet, run } = life.context;
      const target = life.options.scripted ? runWorkflowId(fleet, run) : agentWorkflowId(fleet, agent);
      const limit = timeoutMs ?? DEFAULT_TURN_TIMEOUT_MS;
      try {
        // Added up, and not read from the clock: after a local activity a replay may read another time (workflows/branch/progress.ts).
        let waited = 0;
        for (let wait = BUSY_FIRST_MS; ; wait = Math.min(2 * wait, BUSY_MOST_MS)) {
          turn = { turnId, outcome: null, suspended: false };
          const answer = await ask(target, request, timeoutMs);
          if (answer === null) break;
          waited += wait;
          if (!isBusy(answer) || waited > limit) return answer;
          await condition(isStopped, wait, { summary: `${agent} is busy` });
        }
        life.outbox.tell(target, agentSignals.turnWithdrawn, { turnId });
        throw new Stopped(life.stop.reason() ?? '');
      } finally {
        setSuspended(false);
        turn = null;
      }
    },
    answered(message) {
      if (turn === null || turn.turnId !== message.turnId || turn.outcome !== null) return;
      turn = { ...turn, outcome: message.outcome };
    },
    suspended(turnId, suspended) {
      if (turn?.turnId === turnId) setSuspended(suspended);
    },
    isWaiting: () => turn !== null,
    isSuspended: () => turn?.suspended === true,
  };
}

function isBusy(outcome: TurnOutcome): boolean {
  return 'error' in outcome && outcome.error.code === 'AgentBusy';
}

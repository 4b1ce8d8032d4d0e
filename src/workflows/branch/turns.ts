/** A branch's turns: requested from the agent's workflow, or from the run in a scripted run, until an answer comes. */
import { condition } from '@temporalio/workflow';
import { agentSignals } from '../../contract/agent/messages';
import { agentWorkflowId, runWorkflowId } from '../../contract/names';
import {
  type TurnAnswered,
  type TurnOutcome,
  type TurnRequest,
  DEFAULT_TURN_TIMEOUT_MS,
} from '../../contract/agent/turns';
import { Stopped, type TakenTurn } from '../../rules/coordination/effects';
import { noReplica } from '../../rules/run/replicas';
import { replicaActivity } from '../activities/turns';
import { errorBody } from '../shared/failures';
import type { BranchLife } from './life';

/**
 * docs/workflow-rules.md, rule 2: a workflow that waits for a signal repeats its request. No turn of whole minutes ends together with this
 * timer: the time-skipping server refuses the cancellation of a timer that fires in the same moment, and its workflow never goes on.
 */
const ASK_AGAIN_MS = 127_000;
/** An agent may be suspended for days, often of whole hours. Then a repeat matters only when the signal `turnResumed` was lost. */
const ASK_SUSPENDED_AGAIN_MS = 3_611_000;
/** The first pause before another request to an agent with a full queue, and the longest; the pause doubles. */
const BUSY_FIRST_MS = 1_000;
const BUSY_MOST_MS = 30_000;

/** The turns of one branch. */
export interface BranchTurns {
  /** Waits for the outcome. Throws `Stopped` after it has withdrawn the turn. */
  take(request: TurnRequest, timeoutMs: number | null): Promise<TakenTurn>;
  answered(message: TurnAnswered): void;
  /** Null: the agent takes turns again. */
  suspended(turnId: string, suspension: Suspension | null): void;
  /** Whether the branch waits for a turn. */
  isWaiting(): boolean;
  isSuspended(): boolean;
  /** The replica that has the turn, if its agent has replicas and the branch waits for a turn; else null. */
  replica(): string | null;
}

/** Why the agent takes no turns, if it said so. */
export interface Suspension {
  readonly why?: string | undefined;
}

interface OpenTurn {
  readonly turnId: string;
  readonly outcome: TurnOutcome | null;
  readonly suspension: Suspension | null;
}

/** Create one per branch. Calls `onSuspended` when the agent of the current turn is suspended or continues. */
export function createTurns(life: BranchLife, onSuspended: (suspension: Suspension | null) => void): BranchTurns {
  let turn: OpenTurn | null = null;
  let replica: string | null = null;
  const { fleet, run, topology } = life.context;

  const outcome = (): TurnOutcome | null => turn?.outcome ?? null;
  const isStopped = (): boolean => life.stop.reason() !== null;

  function setSuspended(suspension: Suspension | null): void {
    if (turn === null || (turn.suspension === null) === (suspension === null)) return;
    turn = { ...turn, suspension };
    onSuspended(suspension);
  }

  /** Requests the turn until an answer or a stop comes, or the target is gone. Null: stopped. */
  async function ask(target: string, request: TurnRequest, timeoutMs: number | null): Promise<TurnOutcome | null> {
    const { turnId } = request;
    // Scripted agents have no memory, and the run's history would hold the branch's memory once per turn.
    const sent = life.options.scripted ? { ...request, memory: [] } : request;
    const limit = timeoutMs === null ? {} : { timeoutMs: Math.max(1, Math.round(timeoutMs)) };
    let wasDelivered = false;
    for (let again = ASK_AGAIN_MS; !isStopped(); again = turn?.suspension ? again * 2 : ASK_AGAIN_MS) {
      const message = { turnId, replyTo: life.workflowId, request: sent, ...limit };
      const delivery = await life.outbox.send(target, agentSignals.turnRequested, message);
      wasDelivered ||= delivery === 'delivered';
      if (delivery === 'gone' && outcome() === null) {
        const error = { code: 'AgentUnavailable', message: `workflow ${target} is gone` } as const;
        // A later request may reach an agent that is gone with the turn that it had begun.
        return { error: wasDelivered ? error : { ...error, notTaken: true } };
      }
      await condition(() => outcome() !== null || isStopped(), Math.min(again, ASK_SUSPENDED_AGAIN_MS), {
        summary: `wait for the answer to turn ${turnId}`,
      });
      if (outcome() !== null) return outcome();
    }
    return null;
  }

  const isService = (agent: string): boolean =>
    !life.options.scripted && topology.services !== undefined && Object.hasOwn(topology.services, agent);

  /** Has an agent, or one replica after the other until one takes it, take the turn. Null: stopped. */
  async function askOne(request: TurnRequest, timeoutMs: number | null): Promise<TakenTurn | null> {
    const { agent } = request;
    if (!isService(agent)) {
      return ask(life.options.scripted ? runWorkflowId(fleet, run) : agentWorkflowId(fleet, agent), request, timeoutMs);
    }
    const not: string[] = [];
    const refusals: string[] = [];
    while (!isStopped()) {
      const picked = await pick(agent, not);
      if (picked === null)
        return { error: { code: 'AgentUnavailable', message: `${fleet}/${noReplica(agent, refusals)}` } };
      if (typeof picked !== 'string') return picked;
      replica = picked;
      const answer = await ask(agentWorkflowId(fleet, picked), { ...request, agent: picked }, timeoutMs);
      if (answer === null || !wasNotTaken(answer)) return answer && { ...answer, replica: picked };
      if (turn !== null) turn = { ...turn, outcome: null };
      refusals.push(answer.error.message);
      not.push(picked);
    }
    return null;
  }

  /** The replica that takes the turn, null if none is left, or why none could be chosen. */
  async function pick(service: string, not: readonly string[]): Promise<string | null | TurnOutcome> {
    try {
      return (await replicaActivity(`a replica of ${fleet}/${service}`).pickReplica({ fleet, service, not })).agent;
    } catch (error) {
      const { message } = errorBody(error);
      return {
        error: { code: 'AgentUnavailable', message: `no replica of ${fleet}/${service} can be chosen: ${message}` },
      };
    }
  }

  return {
    async take(request, timeoutMs) {
      const { turnId, agent } = request;
      const limit = timeoutMs ?? DEFAULT_TURN_TIMEOUT_MS;
      try {
        // This adds up the pauses instead of reading the clock: after a local activity a replay may read another time (progress.ts).
        let waited = 0;
        for (let wait = BUSY_FIRST_MS; ; wait = Math.min(2 * wait, BUSY_MOST_MS)) {
          turn = { turnId, outcome: null, suspension: null };
          const answer = await askOne(request, timeoutMs);
          if (answer === null) break;
          waited += wait;
          if (!isBusy(answer) || waited > limit) return answer;
          await condition(isStopped, wait, { summary: `${agent} is busy: retry` });
        }
        const taker = life.options.scripted ? runWorkflowId(fleet, run) : agentWorkflowId(fleet, replica ?? agent);
        life.outbox.tell(taker, agentSignals.turnWithdrawn, { turnId });
        throw new Stopped(life.stop.reason() ?? '');
      } finally {
        setSuspended(null);
        turn = null;
        replica = null;
      }
    },
    answered(message) {
      if (turn === null || turn.turnId !== message.turnId || turn.outcome !== null) return;
      turn = { ...turn, outcome: message.outcome };
    },
    suspended(turnId, suspension) {
      if (turn?.turnId === turnId) setSuspended(suspension);
    },
    isWaiting: () => turn !== null,
    isSuspended: () => (turn?.suspension ?? null) !== null,
    replica: () => replica,
  };
}

function isBusy(outcome: TurnOutcome): boolean {
  return 'error' in outcome && outcome.error.code === 'AgentBusy';
}

/** Whether the agent's workflow refused the turn, so that another replica may take it. A busy one is asked again after a pause. */
function wasNotTaken(outcome: TurnOutcome): outcome is Extract<TurnOutcome, { error: unknown }> {
  return 'error' in outcome && outcome.error.notTaken === true && !isBusy(outcome);
}

/** Executes the agent's turns. src/rules/agent/turns/actions.ts decides what to do with each. */
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { variableReferences } from '../../contract/agent/references';
import { branchSignals } from '../../contract/run/messages';
import type { FailureReport } from '../../contract/agent/subscription';
import type { TurnOutcome } from '../../contract/agent/turns';
import { oneLine, SHORT_BYTES } from '../../contract/text';
import type { QueuedTurn } from '../../rules/agent/turns/state';
import { type CancelReason, type TurnAction, turnActions } from '../../rules/agent/turns/actions';
import { type TurnEnding, failureReport, turnEnded } from '../../rules/agent/turns/endings';
import { withdrawTurn } from '../../rules/agent/turns/queue';
import { why } from '../../rules/agent/why';
import { sessionField } from '../../rules/agent/session';
import { publicSubscription } from '../../rules/agent/view';
import { usageSince } from '../../rules/lib/turn/usage';
import { turnActivities } from '../activities/turns';
import type { AgentMachine } from './machine';
import { recordTurn, recordUsage, recordWait } from '../shared/metrics';
import type { Outbox } from '../shared/messages/outbox';
import { errorBody, hasUnknownOutcome } from '../shared/failures';
import type { Supervisor } from '../shared/supervise';

/** The turns of one agent. */
export interface AgentTurns {
  /** Sends an answer to a branch. */
  answer(replyTo: string, turnId: string, outcome: TurnOutcome): void;
  /** Answers a branch that asks again for a turn: tells it that the turn is suspended, if it is. */
  remind(turnId: string): void;
  /** Starts, cancels and answers turns. Called after every change and at every due time. */
  readonly react: () => void;
}

interface Running {
  readonly scope: CancellationScope;
  reason: CancelReason | null;
}

/** Begins to take the agent's turns. Calls `report` for each turn that failed because of its credential. */
export function takeTurns(
  machine: AgentMachine,
  outbox: Outbox,
  supervisor: Supervisor,
  report: (failure: FailureReport) => void,
): AgentTurns {
  const running = new Map<string, Running>();

  function react(): void {
    const { turns } = machine.state;
    if (turns.waiting.length === 0 && turns.inFlight.length === 0) return;
    const { state, actions } = turnActions(machine.state, Date.now(), !machine.isOverdue());
    if (state !== machine.state) machine.change(() => state);
    for (const action of actions) act(action);
  }

  function act(action: TurnAction): void {
    switch (action.kind) {
      case 'start':
        if (action.turn.attempt === 1) recordWait(machine.state.fleet, Date.now() - action.turn.arrivedAt);
        return supervisor.keep(`turn ${action.turn.turnId}`, () => take(action.turn));
      case 'cancel':
        return cancel(action.turnId, action.reason);
      case 'answer':
        recordTurn(machine.state.fleet, action.outcome, Date.now() - action.turn.arrivedAt);
        return answer(action.turn.replyTo, action.turn.turnId, action.outcome);
      case 'tell':
        return tell(action.turn, action.suspended);
    }
  }

  async function take(turn: QueuedTurn): Promise<void> {
    // A retry after a failure of Drover's own: the turn may have been answered or withdrawn in between.
    if (!machine.state.turns.inFlight.some(({ turnId }) => turnId === turn.turnId)) return;
    const current: Running = { scope: new CancellationScope(), reason: null };
    running.set(turn.turnId, current);
    const { ending, isDelivered } = await current.scope.run(() => ask(machine, turn));
    running.delete(turn.turnId);
    const failure = failureReport(machine.state, turn.turnId, ending);
    if (failure !== null) report(failure);
    const { answer: outcome } = turnEnded(machine.state, turn.turnId, ending, current.reason, Date.now());
    const { usage } = machine.state;
    machine.change((state, now) => turnEnded(state, turn.turnId, ending, current.reason, now).state);
    if (outcome === null) return;
    recordUsage(machine.state.fleet, usageSince(usage, machine.state.usage));
    recordTurn(machine.state.fleet, outcome, Date.now() - turn.arrivedAt);
    if (!isDelivered) answer(turn.replyTo, turn.turnId, outcome);
  }

  function cancel(turnId: string, reason: CancelReason): void {
    const current = running.get(turnId);
    if (current === undefined || current.reason !== null) return;
    current.reason = reason;
    current.scope.cancel();
  }

  function answer(replyTo: string, turnId: string, outcome: TurnOutcome): void {
    outbox.tell(replyTo, branchSignals.turnAnswered, { turnId, outcome });
  }

  function tell({ replyTo, turnId }: QueuedTurn, suspended: boolean): void {
    supervisor.keep(`tell the branch the state of turn ${turnId}`, async () => {
      const reason = oneLine(why(machine.state) ?? '', SHORT_BYTES);
      const delivery = suspended
        ? await outbox.send(replyTo, branchSignals.turnSuspended, { turnId, ...(reason === '' ? {} : { why: reason }) })
        : await outbox.send(replyTo, branchSignals.turnResumed, { turnId });
      if (delivery === 'gone') machine.change((state) => withdrawTurn(state, turnId));
    });
  }

  function remind(turnId: string): void {
    const { waiting, inFlight } = machine.state.turns;
    const turn = [...waiting, ...inFlight].find((candidate) => candidate.turnId === turnId);
    if (turn?.suspended === true) tell(turn, true);
  }

  return { answer, remind, react };
}

/** Returns how the turn ended, and whether its branch has received the answer. */
async function ask(
  machine: AgentMachine,
  turn: QueuedTurn,
): Promise<{ readonly ending: TurnEnding; readonly isDelivered: boolean }> {
  const { fleet, agent, instance } = machine.state;
  const activities = turnActivities(`turn ${turn.turnId} of ${fleet}/${agent}`);
  const request = {
    ...turn.request,
    attempt: turn.attempt,
    subscription: publicSubscription(machine.state),
    ...sessionField(machine.state),
  };
  try {
    const { replyTo } = turn;
    const endpoint = instance.endpoint ?? '';
    const { secret } = machine.state.subscription ?? {};
    const references = variableReferences(machine.state.config.spec);
    const {
      failure,
      retry,
      delivered = false,
      ...outcome
    } = await activities.takeTurn({
      ...{ fleet, agent, endpoint, request, replyTo },
      ...(secret === undefined ? {} : { secret }),
      ...(references.length === 0 ? {} : { references }),
    });
    const ending = {
      kind: 'outcome',
      outcome,
      ...(failure === undefined ? {} : { failure }),
      ...(retry === undefined ? {} : { retry }),
    } as const;
    return { ending, isDelivered: delivered };
  } catch (error) {
    const body = errorBody(error);
    // An agent's own answer is an outcome. A failure means that the agent was not reached, or its answer was lost: the turn is retried.
    const cannotReach = body.code === 'AgentUnavailable' || hasUnknownOutcome(error);
    const ending = { kind: 'error', error: body, cannotReach: cannotReach && !isCancellation(error) } as const;
    return { ending, isDelivered: false };
  }
}

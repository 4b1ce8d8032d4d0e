/** An agent's turns over the rules, without the workflow. */
import type { TurnOutcome, TurnRequested } from '../../../../src/contract/agent/turns';
import type { AgentState } from '../../../../src/rules/agent/state';
import { type TurnAction, turnActions, withClocks } from '../../../../src/rules/agent/turns/actions';
import { type TurnEnding, turnEnded } from '../../../../src/rules/agent/turns/endings';
import { requestTurn } from '../../../../src/rules/agent/turns/queue';
import { T0, agentIn } from '../agents';
import { turnRequest } from '../../../support/turn-request';

function asked(turnId: string, more: Partial<TurnRequested> = {}, size = 1): TurnRequested {
  return {
    turnId,
    replyTo: `run/mars/r/${turnId}`,
    request: turnRequest(turnId, { task: 'x'.repeat(size) }),
    ...more,
  };
}

/** Applies the rules as the workflow does, without a workflow. */
export class Turns {
  state: AgentState;
  now = T0;
  readonly log: string[] = [];
  readonly answers: Record<string, TurnOutcome[]> = {};

  constructor(state: AgentState = agentIn('running', 'running')) {
    this.state = withClocks(state, T0);
  }

  set(change: (state: AgentState) => AgentState): void {
    this.state = withClocks(change(this.state), this.now);
    const { state, actions } = turnActions(this.state, this.now, true);
    this.state = state;
    for (const action of actions) this.note(action);
  }

  ask(turnId: string, more: Partial<TurnRequested> = {}, size = 1): void {
    const { answer } = requestTurn(this.state, asked(turnId, more, size), this.now);
    this.set((state) => requestTurn(state, asked(turnId, more, size), this.now).state);
    if (answer !== null) this.answer(turnId, answer);
  }

  end(turnId: string, ending: TurnEnding = { kind: 'outcome', outcome: { reply: turnId } }): void {
    const cancelled = this.log.find((entry) => entry.startsWith(`cancel ${turnId} `))?.split(' ')[2];
    const reason = (cancelled ?? null) as Parameters<typeof turnEnded>[3];
    const { answer } = turnEnded(this.state, turnId, ending, reason, this.now);
    this.set((state) => turnEnded(state, turnId, ending, reason, this.now).state);
    if (answer !== null) this.answer(turnId, answer);
  }

  wait(ms: number): void {
    this.now += ms;
    this.set((state) => state);
  }

  get inFlight(): string[] {
    return this.state.turns.inFlight.map(({ turnId }) => turnId);
  }

  get waiting(): string[] {
    return this.state.turns.waiting.map(({ turnId }) => turnId);
  }

  private note(action: TurnAction): void {
    if (action.kind === 'answer') {
      this.answer(action.turn.turnId, action.outcome);
      return;
    }
    const entry =
      action.kind === 'cancel'
        ? `cancel ${action.turnId} ${action.reason}`
        : action.kind === 'tell'
          ? `${action.suspended ? 'suspended' : 'resumed'} ${action.turn.turnId}`
          : `start ${action.turn.turnId} #${String(action.turn.attempt)}`;
    // The workflow cancels an activity once, however often the rule says so.
    if (action.kind !== 'cancel' || !this.log.includes(entry)) this.log.push(entry);
  }

  private answer(turnId: string, outcome: TurnOutcome): void {
    (this.answers[turnId] ??= []).push(outcome);
  }
}

export const CANCELLED: TurnEnding = {
  kind: 'error',
  error: { code: 'Internal', message: 'cancelled' },
  cannotReach: false,
};

export const REFUSED: TurnEnding = {
  kind: 'error',
  error: { code: 'AgentUnavailable', message: 'ECONNREFUSED' },
  cannotReach: true,
};

export const codes = (outcomes: readonly TurnOutcome[] | undefined) =>
  outcomes?.map((outcome) => ('error' in outcome ? outcome.error.code : 'reply'));

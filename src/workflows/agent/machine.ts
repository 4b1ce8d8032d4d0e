/** The one owner of an agent's state in its workflow: every change goes through here, is recorded, and is reacted to. */
import type { ErrorBody } from '../../contract/errors';
import type { AgentState } from '../../rules/agent/state';
import { type Remark, withDecision, summary } from '../../rules/agent/decisions';
import { type Rule, step } from '../../rules/agent/step';
import { continueAsNewOverdue } from '../shared/continue-as-new';
import type { Supervisor } from '../shared/supervise';

export interface AgentMachine {
  readonly state: AgentState;
  /** Counts changes; whoever waits for one compares it. */
  readonly version: number;
  /** Applies a rule. Recorded as a decision where it moved an axis or a hold, or always. */
  change(rule: Rule, remark?: Remark & { readonly always?: boolean }): void;
  /** Records something that was refused. */
  refuse(what: string, why: string, by?: string): void;
  /** Calls `react` after every change; it may change the state itself. One that throws is a trouble, and keeps no other from its turn. */
  onChange(react: () => void): void;
  /** The effect that began after `op` commands has failed. */
  fail(op: number, error: ErrorBody): void;
  /** The failure that a command waiting for its effect has to tell. */
  failureSince(op: number): ErrorBody | null;
  /** Whether no quiet moment for continue-as-new came for too long: nothing new begins until it happened. */
  readonly isOverdue: () => boolean;
  /** The clock has reached something that was due. */
  readonly tick: () => void;
}

/** One per run of the workflow. */
export function createMachine(initial: AgentState, supervisor: Supervisor): AgentMachine {
  let state = initial;
  let version = 0;
  let reacting = false;
  let failure: { readonly op: number; readonly error: ErrorBody } | null = null;
  const reactions: (() => void)[] = [];

  function react(): void {
    if (reacting) return;
    reacting = true;
    for (let seen = -1; seen !== version;) {
      seen = version;
      for (const reaction of reactions) supervisor.attempt('react to a change', reaction);
    }
    reacting = false;
  }

  const machine: AgentMachine = {
    get state() {
      return state;
    },
    get version() {
      return version;
    },
    change(rule, remark) {
      const now = Date.now();
      const before = state;
      const after = step(before, rule, now);
      if (after === before) return;
      const moved = summary(before) !== summary(after);
      const said = remark ?? { by: 'drover', what: 'time passed' };
      state = moved || remark?.always === true ? withDecision(before, after, said, now) : after;
      version += 1;
      react();
    },
    refuse(what, why, by = 'signal') {
      state = withDecision(state, state, { by, what, accepted: false, why }, Date.now());
      version += 1;
      react();
    },
    onChange(reaction) {
      reactions.push(reaction);
    },
    fail(op, error) {
      failure = { op, error };
      version += 1;
    },
    failureSince: (op) => (failure !== null && failure.op >= op ? failure.error : null),
    isOverdue: () => continueAsNewOverdue(state.continueAfterEvents ?? undefined),
    tick() {
      machine.change((unchanged) => unchanged, { by: 'clock', what: 'time passed' });
      react();
    },
  };
  return machine;
}

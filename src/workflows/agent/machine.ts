/** The owner of an agent's state in its workflow: every change passes here, is recorded, and triggers the reactions. */
import type { ErrorBody } from '../../contract/errors';
import type { AgentState } from '../../rules/agent/state';
import { type Remark, summary, withDecision, withRestart } from '../../rules/agent/decisions';
import { type Rule, step } from '../../rules/agent/step';
import { continueAsNewOverdue } from '../shared/continue-as-new';
import { begun, createGrowth } from '../shared/log';
import type { Supervisor } from '../shared/supervise';

/** The agent's state and the only way to change it. */
export interface AgentMachine {
  readonly state: AgentState;
  /** Number of changes so far. A caller that waits for a change compares it. */
  readonly version: number;
  /** Applies a rule. Records a decision when an axis or a hold changed, or when `always` is set. */
  change(rule: Rule, remark?: Remark & { readonly always?: boolean }): void;
  /** Records a refusal. */
  refuse(what: string, why: string, by?: string): void;
  /** Calls `react` after every change. It may change the state itself. If it throws, that is a trouble, and the others still run. */
  onChange(react: () => void): void;
  /** Records that the effect of command number `op` has failed. */
  fail(op: number, error: ErrorBody): void;
  /** The failure of command number `op` or a later one, for the caller that waits for its effect. */
  failureSince(op: number): ErrorBody | null;
  /** Whether continue-as-new is overdue. New work waits until it has happened. */
  readonly isOverdue: () => boolean;
  /** Tells the rules that a due time has come. */
  readonly tick: () => void;
}

/** One per run of the workflow. */
export function createMachine(initial: AgentState, supervisor: Supervisor): AgentMachine {
  let state: AgentState = { ...initial, log: begun(initial.log) };
  let version = 0;
  let reacting = false;
  let failure: { readonly op: number; readonly error: ErrorBody } | null = null;
  const reactions: (() => void)[] = [];
  const markGrowth = createGrowth();

  function react(): void {
    if (reacting) return;
    reacting = true;
    for (let seen = -1; seen !== version;) {
      seen = version;
      for (const reaction of reactions) supervisor.attempt('react to a change of the state', reaction);
    }
    reacting = false;
  }

  function become(next: AgentState): void {
    markGrowth(state.log, next.log);
    state = next;
    version += 1;
    react();
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
      const decided = moved || remark?.always === true ? withDecision(before, after, said, now) : after;
      become(withRestart(before, decided, now));
    },
    refuse(what, why, by = 'signal') {
      become(withDecision(state, state, { by, what, accepted: false, why }, Date.now()));
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

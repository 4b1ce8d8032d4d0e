/**
 * One step of an agent. The workflow and the property tests make every change of the state with it.
 */
import type { AgentState } from './state';
import { settle } from './report';
import { tick } from './timers';
import { withClocks } from './turns/actions';
import { excuseTurns } from './turns/lateness';

/** A rule that changes the state at a time (epoch milliseconds). */
export type Rule = (state: AgentState, now: number) => AgentState;

/**
 * Excuses turns for time without a worker, then applies the rule, then the timers, then what follows
 * from them; the same object when nothing has changed.
 */
export function step(state: AgentState, rule: Rule, now: number): AgentState {
  const after = settle(tick(rule(excuseTurns(state, now), now), now));
  return after === state ? state : withClocks(after, now);
}

/**
 * One step of an agent. The workflow and the property tests make every change of the state with it.
 */
import type { AgentState } from './state';
import { settle } from './report';
import { tick } from './timers';
import { withClocks } from './turns/actions';

/** A rule that changes the state at a time (epoch milliseconds). */
export type Rule = (state: AgentState, now: number) => AgentState;

/**
 * Applies the rule, then the timers, then what follows from both; the same object when nothing has
 * changed.
 */
export function step(state: AgentState, rule: Rule, now: number): AgentState {
  const after = settle(tick(rule(state, now), now));
  return after === state ? state : withClocks(after, now);
}

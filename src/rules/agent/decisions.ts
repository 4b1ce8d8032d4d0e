/**
 * The decision log: who, what, when, before, after, why. The state keeps the last 50, the history
 * has all.
 */
import type { Decision } from '../../contract/agent';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import type { AgentState } from './state';

const DECISIONS_KEPT = 50;

/** A decision without its time and the states before and after. */
export interface Remark {
  readonly by: string;
  readonly what: string;
  readonly accepted?: boolean;
  readonly why?: string | null;
}

/** Status, runtime, liveness and holds in short: `paused/running/ready [operator]`. */
export function summary(state: AgentState): string {
  const holds = state.holds.map(({ name }) => name);
  return `${state.status}/${state.runtime}/${state.liveness}${holds.length === 0 ? '' : ` [${holds.join(', ')}]`}`;
}

/** Adds the decision that led from `before` to `after`. */
export function withDecision(before: AgentState, after: AgentState, remark: Remark, now: number): AgentState {
  const decision: Decision = {
    at: new Date(now).toISOString(),
    by: remark.by,
    what: remark.what,
    accepted: remark.accepted ?? true,
    before: summary(before),
    after: summary(after),
    // A reason may quote the last lines of a log, which must not fill the state.
    why: typeof remark.why === 'string' ? boundedText(remark.why, SHORT_BYTES) : null,
  };
  return { ...after, decisions: [...after.decisions, decision].slice(-DECISIONS_KEPT) };
}

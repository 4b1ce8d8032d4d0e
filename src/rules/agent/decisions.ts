/** The decision log: who, what, when, before, after, why. The last 50 stay in the state, all are in the history. */
import type { Decision } from '../../contract/agent';
import { boundedText, SHORT_BYTES } from '../../contract/text';
import type { AgentState } from './state';

const DECISIONS_KEPT = 50;

/** What is said of a decision beside before and after. */
export interface Remark {
  readonly by: string;
  readonly what: string;
  readonly accepted?: boolean;
  readonly why?: string | null;
}

/** The three axes and the holds in a few words: `paused/running/ready [operator]`. */
export function inShort(state: AgentState): string {
  const holds = state.holds.map(({ name }) => name);
  return `${state.status}/${state.runtime}/${state.liveness}${holds.length === 0 ? '' : ` [${holds.join(', ')}]`}`;
}

/** Adds a decision that led from `before` to `after`. */
export function decided(before: AgentState, after: AgentState, remark: Remark, now: number): AgentState {
  const decision: Decision = {
    at: new Date(now).toISOString(),
    by: remark.by,
    what: remark.what,
    accepted: remark.accepted ?? true,
    before: inShort(before),
    after: inShort(after),
    // A reason may quote a log's last lines, which must not fill the state.
    why: typeof remark.why === 'string' ? boundedText(remark.why, SHORT_BYTES) : null,
  };
  return { ...after, decisions: [...after.decisions, decision].slice(-DECISIONS_KEPT) };
}

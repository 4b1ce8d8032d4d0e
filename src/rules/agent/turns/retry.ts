/** Decides whether a turn that failed is asked again: `turns.retry` (docs/lifecycle.md, "Turns that fail"). */
import type { RetryReason } from '../../../contract/agent';
import type { TurnRetry } from '../../../contract/agent/turns';
import { oneLine, SHORT_BYTES } from '../../../contract/text';
import type { AgentState } from '../state';
import type { QueuedTurn } from './state';
import { closedFor, limitOf, usedBy } from './queue';
import { repeatTurn } from './repeat';

/** How often a turn is asked in all without `attempts`. A rate limit is then limited by the turn's time alone. */
const ATTEMPTS = 3;

/**
 * The state in which the turn waits to be asked again; null: its failure is its answer. The wait for
 * a rate limit counts against the turn's limit, and one that is longer than the rest of it is
 * pointless.
 */
export function retried(
  state: AgentState,
  turn: QueuedTurn,
  { on, afterMs }: TurnRetry,
  why: string,
  now: number,
): AgentState | null {
  const { retry } = state.settings.turns;
  const most = retry.attempts ?? (on === 'rate_limit' ? Infinity : ATTEMPTS);
  if (!retry.on.includes(on) || turn.repeats + 1 >= most || closedFor(state) !== null) return null;
  const waitMs = Math.max(afterMs ?? 0, Math.min(retry.backoffInitialMs * 2 ** turn.repeats, retry.backoffMaxMs));
  const used = usedBy(state.turns, turn, now);
  if (on === 'rate_limit' && used + waitMs >= limitOf(state, turn)) return null;
  const parts = { used: usedAfter(on, used, waitMs), notBefore: now + waitMs, lastError: oneLine(why, SHORT_BYTES) };
  return repeatTurn(state, turn.turnId, parts, now);
}

/** A turn that took too long gets its whole time again. */
function usedAfter(on: RetryReason, used: number, waitMs: number): number {
  if (on === 'timeout') return 0;
  return on === 'rate_limit' ? used + waitMs : used;
}

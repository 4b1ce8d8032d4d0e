/**
 * Whose fault a crash is. Every turn that the process had at its end is suspected, and is then asked
 * alone, so that the next crash has one cause. A turn with `turns.crashLimit` crashes fails, and the
 * agent goes on with the next one.
 */
import { oneLine, SHORT_BYTES } from '../../../contract/text';
import type { TurnOutcome } from '../../../contract/agent/turns';
import type { AgentState } from '../state';
import type { QueuedTurn } from './state';
import { withTurns } from './queue';

/** Whether the process ended while it had this turn, so that it is asked alone. */
export function isSuspect({ crashes }: Pick<QueuedTurn, 'crashes'>): boolean {
  return crashes > 0;
}

/** The answer to a turn that is not asked again because of its crashes; null while it may be. */
export function crashedOut(state: AgentState, turn: QueuedTurn): TurnOutcome | null {
  if (turn.crashes < state.settings.turns.crashLimit) return null;
  const name = `${state.fleet}/${state.agent}`;
  const last = turn.lastError === null ? '' : ` (${turn.lastError})`;
  const message = `the process of ${name} ended ${String(turn.crashes)} times during this turn${last}; drover logs ${name} shows why`;
  return { error: { code: 'TurnRejected', message } };
}

/**
 * Blames a crash on the turns of the process. `counts`: whether the restart policy counts it; a
 * turn counts once, when it fails, so that no single task is a crash loop.
 */
export function blameTurns(
  state: AgentState,
  detail: string,
): { readonly state: AgentState; readonly counts: boolean } {
  const { waiting, inFlight } = state.turns;
  const had = [...inFlight, ...waiting.filter(({ broke }) => broke)];
  const blamed = had.filter(({ askedOf }) => askedOf === state.instance.id).map(({ turnId }) => turnId);
  if (blamed.length === 0) return { state, counts: true };
  const lastError = oneLine(detail, SHORT_BYTES);
  const blame = (turn: QueuedTurn): QueuedTurn =>
    blamed.includes(turn.turnId) ? { ...turn, crashes: turn.crashes + 1, broke: false, lastError } : turn;
  const after = withTurns(state, { waiting: waiting.map(blame), inFlight: inFlight.map(blame) });
  const turns = [...after.turns.inFlight, ...after.turns.waiting];
  return {
    state: after,
    counts: turns.some((turn) => blamed.includes(turn.turnId) && crashedOut(after, turn) !== null),
  };
}

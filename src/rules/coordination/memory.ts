/** The memory of an agent: its earlier turns in the same branch. */
import type { MemoryEntry } from '../../contract/agent/turns';
import { jsonBytes } from '../lib/json-bytes';
import type { Sizes } from './effects';
import type { BranchState, Remembered } from './state';

/**
 * The memory of all agents of a branch, in shares of one. A branch's state then stays within the
 * 1.5 MiB of continue-as-new.
 */
const WHOLE_MEMORY_FACTOR = 3;

/** The earlier turns of the branch's current agent, oldest first, within the limit. */
export function recall(state: BranchState, sizes: Sizes): MemoryEntry[] {
  const own = state.memory.filter(({ agent }) => agent === state.agent);
  return withinLimit(own, sizes.memory).map(({ input, reply }) => ({ input, reply }));
}

/**
 * The memory after a turn that began in this state and returned `reply`; the oldest turns are
 * dropped first.
 */
export function remember({ agent, input, memory }: BranchState, reply: unknown, sizes: Sizes): readonly Remembered[] {
  const turn: Remembered = { agent, input, reply, bytes: jsonBytes(input) + jsonBytes(reply) };
  return withinLimit([...memory, turn], WHOLE_MEMORY_FACTOR * sizes.memory);
}

function withinLimit(turns: readonly Remembered[], limit: number): readonly Remembered[] {
  let bytes = 0;
  let first = turns.length;
  while (first > 0) {
    bytes += turns[first - 1]?.bytes ?? 0;
    if (bytes > limit) break;
    first -= 1;
  }
  return turns.slice(first);
}

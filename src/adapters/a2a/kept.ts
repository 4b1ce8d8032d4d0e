/** The state of an A2A agent between turns, as the text of a session. */

/** The context, and the task that is in progress for a turn or that waits for an answer. */
export interface Kept {
  readonly contextId: string;
  /** Empty: none is open. */
  readonly taskId: string;
  /** The mark of the turn that the task works for. */
  readonly turn: string;
  readonly waits: boolean;
}

const NOTHING: Kept = { contextId: '', taskId: '', turn: '', waits: false };

/** As a text. */
export function textOfKept({ contextId, taskId, turn, waits }: Kept): string {
  return JSON.stringify(taskId === '' ? [contextId] : [contextId, taskId, turn, waits]);
}

/** Reads it back; a text of another program counts as nothing. */
export function keptOf(text: string | undefined): Kept {
  if (text === undefined) return NOTHING;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // A session of another kind of adapter.
    return NOTHING;
  }
  if (!Array.isArray(value)) return NOTHING;
  const [contextId, taskId = '', turn = '', waits = false] = value as readonly unknown[];
  const isOurs = typeof contextId === 'string' && typeof taskId === 'string' && typeof turn === 'string';
  return isOurs ? { contextId, taskId, turn, waits: waits === true } : NOTHING;
}

/** Session modes: agents may begin in one in which they ask for no permission. */
import { isRecord } from '../records';
import type { SessionModeState } from './sdk';

/**
 * Modes in which an agent decides itself what it may do, each with its mode that asks: Claude Code begins in
 * `auto`, and `yolo` is Gemini's, `full-access` Codex's. A mode that asks for some things is left as it is.
 */
const ASKING: ReadonlyMap<string, string> = new Map([
  ['auto', 'default'],
  ['bypassPermissions', 'default'],
  ['yolo', 'default'],
  ['full-access', 'auto'],
]);

/** The mode that a session needs so that its agent asks; null if it asks already, or offers none that does. */
export function askingMode(modes: SessionModeState | null | undefined): string | null {
  if (!isRecord(modes) || !Array.isArray(modes.availableModes)) return null;
  const wanted = ASKING.get(modes.currentModeId);
  const offered: readonly unknown[] = modes.availableModes;
  return wanted !== undefined && offered.some((mode) => isRecord(mode) && mode['id'] === wanted) ? wanted : null;
}

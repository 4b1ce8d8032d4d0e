/** The task of a run as the summary of its workflow in Temporal's Web UI. */
import { utf8Bytes, wellFormed } from '../text';

/** Half of what the server takes for a summary (400 bytes). */
export const SUMMARY_BYTES = 200;

const CUT = '…';

/**
 * The task in one line of at most `SUMMARY_BYTES` bytes of UTF-8, cut at a whole character. A task
 * that is not a text is shown as JSON.
 */
export function taskSummary(task: unknown): string {
  const text = typeof task === 'string' ? task : (JSON.stringify(task) ?? '');
  // Enough characters for the bound; a task may have 256 KiB.
  const line = wellFormed(text.slice(0, SUMMARY_BYTES + 1))
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length === 0) return 'an empty task';
  return utf8Bytes(line) <= SUMMARY_BYTES ? line : beginning(line);
}

function beginning(line: string): string {
  let kept = '';
  let bytes = utf8Bytes(CUT);
  for (const character of line) {
    bytes += utf8Bytes(character);
    if (bytes > SUMMARY_BYTES) break;
    kept += character;
  }
  return `${kept}${CUT}`;
}

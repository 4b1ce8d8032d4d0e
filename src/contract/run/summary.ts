/** The task of a run as the summary of its workflow in Temporal's Web UI. */
import { utf8Bytes, wellFormed } from '../text';

/** The most bytes of a summary: half of the 400 that the server takes. */
export const SUMMARY_BYTES = 200;
/**
 * The characters of a task that are read: a task may have 256 KiB, and white space that is left out
 * makes a line shorter than its text.
 */
const READ_CHARACTERS = 1_000;
const CUT = '…';

/**
 * The task in one line of at most `SUMMARY_BYTES` bytes of UTF-8, cut at a whole character. A task
 * that is not a text is shown as JSON.
 */
export function taskSummary(task: unknown): string {
  const text = typeof task === 'string' ? task : shown(task);
  const isCut = text.length > READ_CHARACTERS;
  // A pair that the slice has cut in two is not part of the summary.
  const read = isCut ? text.slice(0, READ_CHARACTERS).replace(/[\ud800-\udbff]$/, '') : text;
  const line = wellFormed(read).replace(/\s+/g, ' ').trim();
  if (line === '') return 'an empty task';
  return !isCut && utf8Bytes(line) <= SUMMARY_BYTES ? line : `${beginning(line)}${CUT}`;
}

/** The JSON; a value without any, such as a function, is not a task. */
function shown(task: unknown): string {
  const json: unknown = JSON.stringify(task);
  return typeof json === 'string' ? json : '';
}

function beginning(line: string): string {
  let kept = '';
  let bytes = utf8Bytes(CUT);
  for (const character of line) {
    bytes += utf8Bytes(character);
    if (bytes > SUMMARY_BYTES) break;
    kept += character;
  }
  return kept;
}

/**
 * Finds the line of a program's output that says why it ended. The rest of a log may hold the
 * contents of turns, so an error quotes this one line.
 */
import { oneLine } from '../text';

/** Lines of the end of a log in which the cause is looked for: a long stack and what follows it. */
export const CAUSE_LINES = 200;
/** The most bytes of the line: two lines of a terminal. */
const CAUSE_BYTES = 300;

/**
 * Begins with the name of an error and its message, as runtimes print what was not caught: Node.js,
 * Python, Java, Ruby.
 */
const THROWN = /^(?:Uncaught |Caused by: |Exception in thread \S+ )?[\w.$:]*(?:Error|Exception)\b(?: \[\w+\])?: ?\S/;
/** The panics of Go and Rust. */
const PANIC = /^(?:panic: |fatal error: |thread '.*' panicked at )/;
/** A shell that finds no program, and tools that begin a line with "error". */
const TOLD =
  /^(?:.*(?:: (?:command )?not found$|(?:No such file or directory|Permission denied)\b)|(?:\S+: )*(?:npm )?(?:error|ERR!|fatal)\b)/i;

/** The line that names the cause; null if none does. */
export function causeLine(log: string): string | null {
  const lines = log.split('\n').slice(-CAUSE_LINES);
  const line = lines.findLast((text) => THROWN.test(text) || PANIC.test(text)) ?? lines.find((text) => TOLD.test(text));
  return line === undefined ? null : oneLine(line, CAUSE_BYTES);
}

/** How a program ended, with the cause if its log names one: `exited with code 1: Error: …`. */
export function endingText(how: string, log: string): string {
  const cause = causeLine(log);
  return cause === null ? how : `${how}: ${cause}`;
}

/** Asks a person at the terminal for a line. */
import { createInterface } from 'node:readline/promises';

/** Whether a person can be asked: both ends are a terminal. */
export function canAsk(): boolean {
  return process.stdin.isTTY && process.stderr.isTTY;
}

/** The line that is typed, never empty; null when `signal` aborts or the input ends. */
export async function askLine(prompt: string, signal: AbortSignal): Promise<string | null> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  // The library reads Ctrl-C as a key; the rest of the command waits for the signal.
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const ended = new Promise<null>((resolve) => terminal.once('close', () => resolve(null)));
  try {
    for (;;) {
      const line = await Promise.race([terminal.question(prompt, { signal }), ended]);
      if (line === null || line.trim() !== '') return line;
    }
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    terminal.close();
  }
}

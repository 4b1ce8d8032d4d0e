/** Where a script stands: replies by agent, in order. The position is the caller's to keep. */
import type { Script } from '../contract/runs';
import { durationMs } from './duration';

/** The next scripted entry of an agent, without its timing, and the position after it. */
export interface Scripted {
  readonly entry: Readonly<Record<string, unknown>>;
  readonly delayMs: number;
  readonly next: number;
}

/** What `agent` (or `User`) says at `position`; null when its script has run out. One that repeats stays where it is. */
export function scripted(script: Script, agent: string, position: number): Scripted | null {
  const entries = Object.hasOwn(script, agent) ? script[agent] : undefined;
  const found = entries?.[position];
  if (found === undefined) return null;
  const { delay, repeat, ...entry } = found;
  return { entry, delayMs: durationMs(delay ?? '0s') ?? 0, next: repeat === true ? position : position + 1 };
}

/** The error of a turn, or of a question, that the script has nothing for. */
export function scriptExhausted(agent: string): string {
  return `script exhausted: ${agent}`;
}

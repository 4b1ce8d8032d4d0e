/** Plays a script: replies by agent, in order. The caller keeps the position. */
import type { Script } from '../../contract/run/script';
import type { TurnOutcome } from '../../contract/agent/turns';
import { durationMs } from '../lib/duration';

/** The next scripted entry of an agent, without its timing, and the position after it. */
export interface Scripted {
  readonly entry: Readonly<Record<string, unknown>>;
  readonly delayMs: number;
  readonly next: number;
}

/**
 * The entry of `agent` (or `User`) at `position`; null at the end of its script. An entry that
 * repeats keeps the position.
 */
export function scriptedEntry(script: Script, agent: string, position: number): Scripted | null {
  const entries = Object.hasOwn(script, agent) ? script[agent] : undefined;
  const found = entries?.[position];
  if (found === undefined) return null;
  const { delay, repeat, ...entry } = found;
  return { entry, delayMs: durationMs(delay ?? '0s') ?? 0, next: repeat === true ? position : position + 1 };
}

/** The error of a turn or a question after the end of the script. */
export function scriptExhausted(agent: string): string {
  return `script exhausted: ${agent}`;
}

/** One turn of a scripted agent. */
export interface ScriptedTurn {
  readonly outcome: TurnOutcome;
  readonly delayMs: number;
  /** The agent's position after it. */
  readonly next: number;
}

/** The next turn of `agent`; a delay above `limitMs` is a timeout, as for any agent. */
export function scriptedTurn(script: Script, agent: string, position: number, limitMs: number): ScriptedTurn {
  const turn = scriptedEntry(script, agent, position);
  if (turn === null) {
    const error = { code: 'ProviderError', message: scriptExhausted(agent) } as const;
    return { outcome: { error }, delayMs: 0, next: position };
  }
  const { entry, delayMs, next } = turn;
  if (delayMs <= limitMs) return { outcome: { reply: entry }, delayMs, next };
  const message = `agent_timeout(default:${String(limitMs / 1_000)}) reached`;
  return { outcome: { error: { code: 'Timeout', message } }, delayMs: limitMs, next };
}

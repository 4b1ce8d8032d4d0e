/** The log of an agent's own work: one line each, with names, times and outcomes, and no contents. */
import type { TurnRequest } from '../contract/agent/turns';
import { monotonicMs } from '../lib/clock';
import type { AgentIdentity } from './settings';

/** Receives the lines; false: no line is written. */
export type LogLines = ((line: string) => void) | false;

/** Standard output, which Drover keeps as the agent's log. */
function toOutput(line: string): void {
  console.log(line);
}

/** Writes lines that begin with the name of the agent. */
export class AgentLog {
  readonly #name: string;
  readonly #lines: LogLines;

  constructor({ fleet, agent }: Pick<AgentIdentity, 'fleet' | 'agent'>, lines: LogLines = toOutput) {
    this.#name = `${fleet}/${agent}`;
    this.#lines = lines;
  }

  /** Writes a sentence about the agent. */
  say(sentence: string): void {
    if (this.#lines !== false) this.#lines(`${this.#name} ${sentence}`);
  }

  /** Writes that a turn begins. The returned function writes how it ended. */
  begin({ turnId, run, attempt }: Pick<TurnRequest, 'turnId' | 'run' | 'attempt'>): (outcome: string) => void {
    const turn = `turn ${turnId} of run ${run}`;
    this.say(`begins ${turn}${attempt > 1 ? `, attempt ${String(attempt)}` : ''}`);
    const began = monotonicMs();
    return (outcome) => {
      this.say(`ends ${turn}: ${outcome} after ${((monotonicMs() - began) / 1_000).toFixed(1)} s`);
    };
  }
}

/** Breaches of the protocol by agents of a test (docs/agents.md). */

/**
 * `twice`: it answered one call twice, or one turn with two different answers. `late`: it answered
 * after Drover had stopped waiting. `invalid`: its reply was refused, and it was asked again.
 */
export type ProblemKind = 'twice' | 'late' | 'invalid';

/** One problem of an agent. `message` is a sentence with the agent's name. */
export interface AgentProblem {
  readonly agent: string;
  readonly kind: ProblemKind;
  readonly message: string;
}

/** The problems of one test, in the order in which they were found. */
export class Problems {
  readonly #found: AgentProblem[] = [];

  /** Adds a problem; `what` follows the agent's name. */
  add(agent: string, kind: ProblemKind, what: string): void {
    this.#found.push({ agent, kind, message: `${agent} ${what}` });
  }

  /** Every problem so far. */
  all(): readonly AgentProblem[] {
    return [...this.#found];
  }
}

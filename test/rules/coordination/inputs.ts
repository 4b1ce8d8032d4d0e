/** The inputs of turns in a result, and the sources in them. */
import type { RunResult } from '../../../src/contract/run';
import type { TurnInput } from '../../../src/contract/agent/turns';

/** The inputs of an agent's turns in a traced result. */
export function inputsOf(result: RunResult, agent: string): TurnInput[] {
  return (result.trace ?? []).filter((turn) => turn.agent === agent).map(({ input }) => input);
}

/** The sources of an input with results. */
export function sourcesOf(input: TurnInput | undefined): string[] {
  return input?.kind === 'results' ? input.results.map(({ from }) => from) : [];
}

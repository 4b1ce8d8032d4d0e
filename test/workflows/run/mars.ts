/** The MARS example with agents of tests: an orchestrator, three workers, one of which goes by way of a fourth. */
import type { TurnCall } from '../../../src/contract/activities';
import type { TurnOutcome } from '../../../src/contract/agent/turns';

/** Its topology. */
export const MARS = {
  flows: [
    'Start -> Orchestrator',
    'Orchestrator <-> AgentA',
    'Orchestrator <-> AgentB',
    'Orchestrator -> AgentC',
    'AgentC -> AgentD',
    'AgentD -> Orchestrator',
    'Orchestrator -> End',
  ],
};
const LETTERS: Readonly<Record<string, string>> = { AgentA: 'M', AgentB: 'A', AgentC: 'R', AgentD: 'S' };
/** Its agents. */
export const MARS_AGENTS = ['Orchestrator', 'AgentA', 'AgentB', 'AgentC', 'AgentD'];

/** A reply that invokes these agents with their requests. */
export const invoke = (...targets: [string, unknown][]): TurnOutcome => ({
  reply: { action: 'invoke', invocations: targets.map(([agent, request]) => ({ agent, request })) },
});

/** The agents of the example, without their processes. */
export function marsTurn({ agent, request: { input } }: TurnCall): TurnOutcome {
  const own = LETTERS[agent] ?? '';
  if (agent === 'AgentC') return invoke(['AgentD', own]);
  if (agent === 'AgentD') return invoke(['Orchestrator', [input.kind === 'request' ? input.value : '', own]]);
  if (agent !== 'Orchestrator') return invoke(['Orchestrator', own]);
  if (input.kind !== 'results') return invoke(['AgentA', 'letter'], ['AgentB', 'letter'], ['AgentC', 'letter']);
  return invoke(['End', input.results.flatMap(({ value }) => value).join('')]);
}

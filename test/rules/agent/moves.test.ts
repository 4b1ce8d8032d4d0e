/** The moves that an agent shows: exactly the commands that would change something, and for each other its reason. */
import {
  AGENT_COMMANDS,
  AGENT_STATUSES,
  type AgentCommand,
  type AgentStatus,
  type Runtime,
  RUNTIMES,
} from '../../../src/contract/agent';
import { DroverError } from '../../../src/contract/errors';
import { type CommandRequest, decide, movesOf } from '../../../src/rules/agent/commands/commands';
import { agentView } from '../../../src/rules/agent/view';
import { agentIn, T0 } from './agents';

const cases = AGENT_STATUSES.flatMap((status) =>
  RUNTIMES.flatMap((runtime) => [[], ['operator'], ['fleet'], ['budget']].map((holds) => ({ status, runtime, holds }))),
);

/** The outcome of a command for each hold: changed, unchanged, or the words of its refusal. */
function outcomes(state: ReturnType<typeof agentIn>, command: AgentCommand): readonly (boolean | string)[] {
  const names = ['operator', ...state.holds.map(({ name }) => name)];
  return names.map((hold) => {
    try {
      return decide(state, { command, options: { hold } } as CommandRequest, T0).changed;
    } catch (error) {
      if (error instanceof DroverError) return error.message;
      throw error;
    }
  });
}

test.each(cases)('$status, $runtime, held by $holds', ({ status, runtime, holds }) => {
  const state = agentIn(status, runtime, 'ready', holds);
  const moves = movesOf(state);
  expect(moves.map(({ command }) => command)).toEqual(AGENT_COMMANDS);
  for (const { command, why } of moves) {
    const found = outcomes(state, command);
    expect({ command, isPossible: why === null }).toEqual({ command, isPossible: found.includes(true) });
    // A refusal is shown in the words that pressing the button would bring.
    if (why !== null) expect([`${command} would change nothing: mars/A is ${status}`, ...found]).toContain(why);
    if (why !== null && found[0] !== false) expect(why).toBe(found[0]);
  }
});

test.each<[AgentStatus, Runtime, readonly AgentCommand[]]>([
  ['running', 'running', ['pause', 'stop', 'restart', 'terminate', 'hold']],
  ['paused', 'paused', ['resume', 'stop', 'restart', 'terminate', 'release']],
  ['failed', 'crashed', ['stop', 'start', 'terminate', 'hold']],
])('%s and %s: only %s', (status, runtime, commands) => {
  const { moves = [] } = agentView(agentIn(status, runtime), true);
  expect(moves.filter(({ why }) => why === null).map(({ command }) => command)).toEqual(commands);
  expect(agentView(agentIn(status, runtime)).moves).toBeUndefined();
});

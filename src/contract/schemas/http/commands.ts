/** The gateway's calls for the commands of agents: one per command. */
import { AGENT_COMMANDS, type AgentCommand } from '../../agent';
import { commandSchemas } from '../agents';
import { commandResultSchema } from '../views';
import { ofAgent } from './parts';

/** The call of each command: `POST /v1/agents/{fleet}/{agent}/<command>`. */
type CommandCalls = {
  readonly [C in AgentCommand]: {
    readonly method: 'POST';
    readonly path: string;
    readonly summary: string;
    readonly access: 'operator' | 'admin';
    readonly params: typeof ofAgent;
    readonly body: (typeof commandSchemas)[C];
    readonly bodyOptional?: true;
    readonly keyed: true;
    readonly answer: typeof commandResultSchema;
  };
};

const SUMMARIES: Readonly<Record<AgentCommand, string>> = {
  pause: 'Hold an agent: turns in flight finish, then its runtime is suspended',
  resume: 'Release a hold of a paused agent; with none left it goes on',
  stop: 'Stop its runtime politely, then by force after the grace',
  start: 'Start a stopped or failed agent again, on the same resource',
  restart: 'Drain, stop and start it',
  terminate: 'Stop it, destroy its resource and end it for good',
  hold: 'Set a hold in any status',
  release: 'Release a hold in any status',
};

/** The calls by command. The cast restores the types of the keys, which `fromEntries` loses. */
export const commandCalls = Object.fromEntries(
  AGENT_COMMANDS.map((command) => [
    command,
    {
      method: 'POST',
      path: `/v1/agents/{fleet}/{agent}/${command}`,
      summary: SUMMARIES[command],
      // The agent and its resource are gone after it, as after a destroy.
      access: command === 'terminate' ? 'admin' : 'operator',
      params: ofAgent,
      body: commandSchemas[command],
      // Every option but the name of a hold has a default.
      ...(command === 'hold' || command === 'release' ? {} : { bodyOptional: true }),
      keyed: true,
      answer: commandResultSchema,
    },
  ]),
) as CommandCalls;

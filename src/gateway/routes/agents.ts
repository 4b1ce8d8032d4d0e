/** Calls for agents. */
import { AGENT_COMMANDS, type AgentCommand, type AgentCommandOptions } from '../../contract/agent';
import { agentToken } from '../../contract/agent/token';
import type { AgentRef, DroverClient } from '../../client';
import { ofOneAgent } from '../../client/agents/replicas';
import type { BeatLedger } from './beats';
import { withEndpoint } from './pull';
import { onlyFleetsOf, originOf } from '../access/caller';
import type { Handler, Handlers } from '../calls';
import type { Metrics } from '../metrics';

type AgentCalls = 'heartbeat' | 'reportFailure' | 'listAgents' | 'describeAgent' | 'agentToken' | AgentCommand;

/** Handlers over the client; beats go through the ledger. */
export function agentHandlers(
  client: DroverClient,
  beats: BeatLedger,
  metrics: Metrics,
  agentSecret: string,
  selfUrl: string | undefined,
): Handlers<AgentCalls> {
  async function command<C extends AgentCommand>(
    name: C,
    ref: AgentRef,
    options: AgentCommandOptions[C],
  ): Promise<unknown> {
    try {
      const result = await ofOneAgent(client, ref, (one) => client.agents.command(one, name, options));
      beats.learn(result.agent);
      metrics.command(name, 'accepted');
      return result;
    } catch (error) {
      metrics.command(name, error);
      throw error;
    }
  }

  const commands = Object.fromEntries(
    AGENT_COMMANDS.map((name): [AgentCommand, Handler<AgentCommand>] => [
      name,
      ({ params, body, idempotencyKey, request }) =>
        command(name, params, { ...body, ...originOf(request, idempotencyKey, body) }),
    ]),
  ) as Handlers<AgentCommand>;

  return {
    ...commands,
    heartbeat: ({ params, body }) => beats.beat(params, withEndpoint(params, body, selfUrl)),
    reportFailure: async ({ params, body, idempotencyKey, request }) => {
      request.commandId = idempotencyKey ?? body.requestId ?? null;
      const requestId = idempotencyKey === undefined ? {} : { requestId: idempotencyKey };
      const result = await client.agents.reportFailure(params, { ...body, ...requestId });
      beats.learn(result.agent);
      return result;
    },
    listAgents: ({ query: { pageSize, pageToken, ...filter }, request }) =>
      client.agents.list(
        { ...filter, ...onlyFleetsOf(request) },
        { ...(pageSize && { pageSize }), ...(pageToken && { pageToken }) },
      ),
    agentToken: ({ params: { fleet, agent } }) => ({ fleet, agent, token: agentToken(agentSecret, fleet, agent) }),
    describeAgent: async ({ params }) => {
      const view = await ofOneAgent(client, params, (ref) => client.agents.describe(ref));
      const lastBeatAt = beats.lastBeatAt(params);
      return lastBeatAt === null ? view : { ...view, lastBeatAt };
    },
  };
}

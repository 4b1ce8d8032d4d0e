/** `drover token FLEET/AGENT`: the token that an external agent needs. */
import type { Command } from 'commander';
import { environment } from '../../config';
import { agentToken } from '../../contract/agent/token';
import { DroverError } from '../../contract/errors';
import { keptAgentSecret } from '../../dev/state-dir';
import { agentRef } from '../lib/arguments';
import { type Format, print, withOutput } from '../lib/output';
import { stateFolder } from '../lib/state-folder';
import { askGateway } from '../lib/gateway';

interface TokenFlags {
  readonly output: Format;
}

export function register(program: Command): void {
  withOutput(program.command('token').argument('<fleet/agent>')).action((name: string, flags: TokenFlags) =>
    token(name, flags),
  );
}

async function token(name: string, { output }: TokenFlags): Promise<void> {
  const { fleet, agent } = agentRef(name);
  const secret = environment()['DROVER_AGENT_SECRET'] ?? keptAgentSecret(stateFolder());
  const value = secret === undefined ? await fromGateway(fleet, agent) : agentToken(secret, fleet, agent);
  await print(output, { data: { fleet, agent, token: value }, names: [value], text: () => value });
}

async function fromGateway(fleet: string, agent: string): Promise<string> {
  const answer = await askGateway(`/v1/agents/${fleet}/${agent}/token`);
  if (typeof answer === 'object' && answer !== null && 'token' in answer && typeof answer.token === 'string')
    return answer.token;
  throw new DroverError('Internal', 'the gateway answered without a token');
}

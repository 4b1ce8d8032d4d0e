/** The token of one agent, derived so that nobody has to store it: the providers hand it out, the gateway and the agent check it. */
import { createHmac } from 'node:crypto';

/** HMAC-SHA256 of `<fleet>/<agent>` under the installation's agent secret, in hex. Good for this agent only. */
export function agentToken(secret: string, fleet: string, agent: string): string {
  return createHmac('sha256', secret).update(`${fleet}/${agent}`).digest('hex');
}

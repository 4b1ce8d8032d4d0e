/**
 * The token of an agent. It is derived and needs no storage: providers hand it out, the gateway and
 * the agent check it.
 */
import { createHmac } from 'node:crypto';

/**
 * HMAC-SHA256 of `<fleet>/<agent>` with the installation's agent secret, in hex. It is valid for
 * this agent only.
 */
export function agentToken(secret: string, fleet: string, agent: string): string {
  return createHmac('sha256', secret).update(`${fleet}/${agent}`).digest('hex');
}

/** Who may call what: operators everything, an agent its own beats, turns and failures. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { agentToken } from '../contract/agent-token';
import { DroverError } from '../contract/errors';
import type { AgentRef } from '../client';

/** Checks bearer tokens in constant time. */
export class Tokens {
  readonly #operators: readonly Buffer[];
  readonly #agentSecret: string;

  constructor(operators: readonly string[], agentSecret: string) {
    this.#operators = operators.map(digest);
    this.#agentSecret = agentSecret;
  }

  /** Throws `Unauthorized` or `Forbidden` unless the header names an operator, or, where `agent` is given, that agent. */
  require(authorization: string | undefined, agent?: AgentRef): void {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new DroverError('Unauthorized', 'a token is needed: send the header "Authorization: Bearer <token>"');
    }
    const given = digest(token);
    if (agent && timingSafeEqual(given, digest(agentToken(this.#agentSecret, agent.fleet, agent.agent)))) return;
    // Every operator's token is compared, whichever matches, so that the time taken tells nothing.
    const matches = this.#operators.filter((operator) => timingSafeEqual(given, operator));
    if (matches.length === 0) throw new DroverError('Forbidden', 'this token does not open this call');
  }
}

/** Digests have one length, which the comparison needs and which hides the tokens' own. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

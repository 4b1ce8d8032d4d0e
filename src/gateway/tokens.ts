/**
 * Authorizes callers: operators may call everything, an agent its own beats, turns and failures.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { agentToken } from '../contract/agent/token';
import { DroverError } from '../contract/errors';
import type { AgentRef } from '../client';

/**
 * How many derived tokens are cached, at about 200 bytes each: a beat then costs a comparison, not
 * a derivation.
 */
const KEPT_TOKENS = 100_000;

/** Checks bearer tokens in constant time. */
export class Tokens {
  readonly #operators: readonly Buffer[];
  readonly #agentSecret: string;
  readonly #agents = new Map<string, Buffer>();

  constructor(operators: readonly string[], agentSecret: string) {
    this.#operators = operators.map(digest);
    this.#agentSecret = agentSecret;
  }

  /**
   * The role of the token in the header: operator or, if `agent` is given, that agent. Throws
   * `Unauthorized` or `Forbidden`.
   */
  require(authorization: string | undefined, agent?: AgentRef): 'operator' | 'agent' {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new DroverError('Unauthorized', 'a token is needed: send the header "Authorization: Bearer <token>"');
    }
    if (agent && this.#isOf(agent, Buffer.from(token))) return 'agent';
    const given = digest(token);
    // Every operator's token is compared, even after a match, so that the time does not depend on
    // the token.
    const matches = this.#operators.filter((operator) => timingSafeEqual(given, operator));
    if (matches.length === 0) throw new DroverError('Forbidden', 'this token does not allow this call');
    return 'operator';
  }

  #isOf({ fleet, agent }: AgentRef, given: Buffer): boolean {
    const name = `${fleet}/${agent}`;
    const kept = this.#agents.get(name);
    const expected = kept ?? Buffer.from(agentToken(this.#agentSecret, fleet, agent));
    // All of these tokens have the same length, which is not secret.
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
    // Cached only after a match, so that invented names take no memory.
    if (!kept && this.#agents.size < KEPT_TOKENS) this.#agents.set(name, expected);
    return true;
  }
}

/** Digests have one length, which the comparison needs, and hide the tokens' own length. */
function digest(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

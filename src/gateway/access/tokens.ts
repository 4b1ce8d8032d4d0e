/**
 * Finds out who calls: the holder of a named token, an operator of the settings, or an agent with its
 * own token.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { agentToken } from '../../contract/agent/token';
import { DroverError } from '../../contract/errors';
import type { NamedToken } from '../../contract/caller/role';
import type { AgentRef } from '../../client';
import type { Caller, TokenCaller } from './caller';

/**
 * How many derived tokens are cached, at about 200 bytes each: a beat then costs a comparison, not
 * a derivation.
 */
const KEPT_TOKENS = 100_000;

/** The named tokens at the moment: the tokens file may change at any time. */
export type NamedTokens = () => readonly NamedToken[];

/** Checks bearer tokens in constant time. */
export class Tokens {
  readonly #operators: readonly NamedToken[];
  readonly #named: NamedTokens;
  readonly #agentSecret: string;
  readonly #agents = new Map<string, Buffer>();

  /** `operators` are tokens of the settings: admins of all fleets, named `operator`, or `operator-1` and so on. */
  constructor(operators: readonly string[], agentSecret: string, named: NamedTokens = () => []) {
    this.#operators = operators.map((token, index) => ({
      name: operators.length === 1 ? 'operator' : `operator-${String(index + 1)}`,
      role: 'admin',
      fleets: null,
      sha256: digest(token).toString('hex'),
    }));
    this.#named = named;
    this.#agentSecret = agentSecret;
  }

  /**
   * The caller with the token in the header; with `agent`, that agent's own token is one too. Throws
   * `Unauthorized` or `Forbidden`.
   */
  require(authorization: string | undefined, agent?: AgentRef): Caller {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) {
      throw new DroverError('Unauthorized', 'a token is needed: send the header "Authorization: Bearer <token>"');
    }
    if (agent && this.#isOf(agent, Buffer.from(token))) {
      return { kind: 'agent', name: `agent ${agent.fleet}/${agent.agent}`, fleet: agent.fleet, agent: agent.agent };
    }
    const found = this.bySha256(digest(token));
    if (found === undefined) {
      const known = 'use one of the tokens file or of DROVER_OPERATOR_TOKENS';
      throw new DroverError('Forbidden', `unknown token: ${known}; the token of an agent opens its own calls only`);
    }
    return found;
  }

  /** The holder of the token with this SHA-256; undefined if it is not, or no longer, valid. */
  bySha256(given: Buffer): TokenCaller | undefined {
    // Every token is compared, even after a match, so that the time does not depend on the token.
    const [found] = [...this.#operators, ...this.#named()].filter(({ sha256 }) =>
      timingSafeEqual(given, Buffer.from(sha256, 'hex')),
    );
    return found && { kind: 'token', ...found };
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

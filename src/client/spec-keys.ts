/**
 * The signatures of agents' specifications: who has a key vouches for what a host runs as its own
 * user (docs/security.md).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AgentSpec, ProviderKind, SpecSignature } from '../contract/agent';
import { DroverError } from '../contract/errors';
import type { FleetSpec } from '../contract/fleet';
import { describeProblem, jsonProblem } from '../contract/json';
import { SPEC_SECRET_EXPECTED, SPEC_SECRET_PATTERN } from '../contract/spec-secret';
import { unsigned } from '../rules/agent/spec';
import { desiredAgents } from '../rules/fleet/plan';
import { fleetSpec } from '../rules/fleet/spec';
import { canonicalJson } from '../rules/lib/fingerprint';

/**
 * The providers that run programs on the worker's machine. Agents of the others need no signature.
 */
const SIGNED_PROVIDERS: readonly ProviderKind[] = ['process', 'docker'];

/** Separates what is signed here from everything else that a secret could be used for. */
const SPEC_PURPOSE = 'drover spec 1';
const ID_PURPOSE = 'drover spec key id';

/** Characters of a key id: 64 bits, enough to tell the keys of one installation apart. */
const ID_LENGTH = 16;

interface Key {
  readonly id: string;
  readonly secret: string;
}

/** Whether a host runs an agent of this provider for its signature only. */
export function needsSignature(provider: ProviderKind): boolean {
  return SIGNED_PROVIDERS.includes(provider);
}

/**
 * The keys of one place. The first one signs, each one checks: so two are valid while one replaces
 * the other.
 */
export class SpecKeys {
  readonly #first: Key;
  readonly #keys: readonly Key[];

  /** `InvalidRequest` where there is no secret, or one that is too short or holds a space. */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0 || !secrets.every((secret) => SPEC_SECRET_PATTERN.test(secret)))
      throw new DroverError('InvalidRequest', `wrong secret for signing specifications: ${SPEC_SECRET_EXPECTED}`);
    this.#keys = secrets.map((secret) => ({ id: digest(secret, ID_PURPOSE, 'hex').slice(0, ID_LENGTH), secret }));
    this.#first = this.#keys[0] ?? { id: '', secret: '' };
  }

  /**
   * The signature of one agent's specification, the fleet's own settings merged in. A signature
   * that it has does not count.
   */
  sign(fleet: string, agent: string, spec: AgentSpec): SpecSignature {
    const { id, secret } = this.#first;
    return { keyId: id, hmac: digest(secret, signedText(fleet, agent, spec), 'base64url') };
  }

  /**
   * What is wrong with the signature of a specification, and what to do about it, in words; null:
   * it is right.
   */
  problemOf(fleet: string, agent: string, spec: AgentSpec): string | null {
    const { signature } = spec;
    if (signature === undefined) return `its specification is not signed; ${HOW_TO_SIGN}`;
    const key = this.#keys.find(({ id }) => id === signature.keyId);
    if (!key) {
      const known = this.#keys.map(({ id }) => id).join(', ');
      return `its specification is signed with key ${signature.keyId}, and this worker knows ${known} (DROVER_SPEC_SECRET); ${HOW_TO_SIGN}`;
    }
    const expected = Buffer.from(digest(key.secret, signedText(fleet, agent, spec), 'base64url'));
    const given = Buffer.from(signature.hmac);
    if (given.length === expected.length && timingSafeEqual(given, expected)) return null;
    return `its signature belongs to another specification, agent or fleet, or it was changed after it was signed; ${HOW_TO_SIGN}`;
  }
}

const HOW_TO_SIGN =
  'apply the fleet through the gateway, with a client that has DROVER_SPEC_SECRET, or with a file that drover sign has signed';

/**
 * The specification of a fleet with the signature of every agent that needs one, in place of those
 * that it has. Throws what the fleet's workflow would refuse it with.
 */
export function signFleet(keys: SpecKeys, fleet: string, spec: FleetSpec): FleetSpec {
  const merged = desiredAgents(fleetSpec(spec, 'apply.spec'));
  const agents = spec.agents.map((agent, index) => {
    const whole = merged[index];
    return whole && needsSignature(whole.provider)
      ? { ...agent, signature: keys.sign(fleet, whole.name, whole) }
      : agent;
  });
  return { ...spec, agents };
}

/** What is signed: canonical JSON, so that one specification has one text, in any order of its keys. */
function signedText(fleet: string, agent: string, spec: AgentSpec): string {
  const signed = { fleet, agent, spec: unsigned(spec) };
  const problem = jsonProblem(signed);
  if (problem) throw new DroverError('InvalidRequest', describeProblem(problem, `${fleet}/${agent}`));
  return `${SPEC_PURPOSE}\n${canonicalJson(signed)}`;
}

function digest(secret: string, text: string, encoding: 'hex' | 'base64url'): string {
  return createHmac('sha256', secret).update(text, 'utf8').digest(encoding);
}

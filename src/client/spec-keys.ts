/**
 * Signs agents' specifications. The holder of a key vouches for the programs that a host runs as
 * its own user (docs/security.md).
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import type { AgentSpec, ProviderKind, SpecSignature } from '../contract/agent';
import { DroverError } from '../contract/errors';
import type { FleetSpec } from '../contract/fleet';
import { describeProblem, jsonProblem } from '../contract/values/json';
import { isReplicaName } from '../contract/names';
import { SPEC_SECRET_EXPECTED, SPEC_SECRET_PATTERN } from '../contract/agent/spec-secret';
import { unsigned } from '../rules/agent/spec/spec';
import { mergedAgents } from '../rules/fleet/plan/plan';
import { applyRequest } from '../rules/fleet/spec/spec';
import { canonicalJson } from '../rules/lib/fingerprint';

/**
 * The providers that run programs on the worker's machine. Agents of the others need no signature.
 */
const SIGNED_PROVIDERS: readonly ProviderKind[] = ['process', 'docker'];

/** Separates these signatures from any other use of the same secret. */
const SPEC_PURPOSE = 'drover spec 1';
const ID_PURPOSE = 'drover spec key id';
const REFERENCES_PURPOSE = 'drover references of a plan 1';

/** Characters of a key id: 64 bits, enough to tell the keys of one installation apart. */
const ID_LENGTH = 16;

interface Key {
  readonly id: string;
  readonly secret: string;
}

/** True if a host runs agents of this provider only with a signature. */
export function needsSignature(provider: ProviderKind): boolean {
  return SIGNED_PROVIDERS.includes(provider);
}

/**
 * The keys of one process. The first key signs, and each one verifies, so that two are valid while
 * one replaces the other.
 */
export class SpecKeys {
  readonly #first: Key;
  readonly #keys: readonly Key[];

  /** Throws `InvalidRequest` without a secret, or if one is too short or contains a space. */
  constructor(secrets: readonly string[]) {
    if (secrets.length === 0 || !secrets.every((secret) => SPEC_SECRET_PATTERN.test(secret)))
      throw new DroverError('InvalidRequest', `wrong secret for signing specifications: ${SPEC_SECRET_EXPECTED}`);
    this.#keys = secrets.map((secret) => ({ id: digest(secret, ID_PURPOSE, 'hex').slice(0, ID_LENGTH), secret }));
    this.#first = this.#keys[0] ?? { id: '', secret: '' };
  }

  /** The ids of the keys; the first one signs. An id does not reveal its key. */
  get ids(): readonly string[] {
    return this.#keys.map(({ id }) => id);
  }

  /**
   * Signs one agent's specification, with the fleet's own settings merged in. An existing signature
   * is ignored.
   */
  sign(fleet: string, agent: string, spec: AgentSpec): SpecSignature {
    const { id, secret } = this.#first;
    return { keyId: id, hmac: digest(secret, signedText(fleet, agent, spec), 'base64url') };
  }

  /**
   * The problem of a specification's signature and what to do about it, as text; null if the
   * signature is valid.
   */
  problemOf(fleet: string, agent: string, spec: AgentSpec): string | null {
    const { signature } = spec;
    if (signature === undefined) return `its specification is not signed; ${HOW_TO_SIGN}`;
    const key = this.#keys.find(({ id }) => id === signature.keyId);
    if (!key) {
      const known = this.ids.join(', ');
      return `its specification is signed with key ${signature.keyId}, and this worker knows ${known} (DROVER_SPEC_SECRET); ${HOW_TO_SIGN}`;
    }
    if (isOf(key, signature, signedText(fleet, agent, spec))) return null;
    return `its signature belongs to another specification, agent or fleet, or it was changed after it was signed; ${HOW_TO_SIGN}`;
  }

  /** Signs the references of a plan: its caller may approve them, so a worker may look for them. */
  signReferences(fleet: string, references: readonly string[]): SpecSignature {
    const { id, secret } = this.#first;
    return { keyId: id, hmac: digest(secret, referencesText(fleet, references), 'base64url') };
  }

  /** Whether one of the keys has signed these references of a plan. */
  hasSigned(fleet: string, references: readonly string[], signature: SpecSignature): boolean {
    const key = this.#keys.find(({ id }) => id === signature.keyId);
    return key !== undefined && isOf(key, signature, referencesText(fleet, references));
  }
}

function isOf({ secret }: Key, signature: SpecSignature, text: string): boolean {
  const expected = Buffer.from(digest(secret, text, 'base64url'));
  const given = Buffer.from(signature.hmac);
  return given.length === expected.length && timingSafeEqual(given, expected);
}

function referencesText(fleet: string, references: readonly string[]): string {
  return `${REFERENCES_PURPOSE}\n${canonicalJson({ fleet, references: [...references] })}`;
}

const HOW_TO_SIGN =
  'apply the fleet through the gateway, with a client that has DROVER_SPEC_SECRET, or with a file that drover sign has signed';

/**
 * Signs every agent of a fleet that needs a signature, and replaces existing signatures. Throws the
 * error with which the fleet's workflow would refuse the specification.
 */
export function signFleet(keys: SpecKeys, fleet: string, spec: FleetSpec): FleetSpec {
  const merged = mergedAgents(applyRequest({ spec }, 'apply').spec);
  const agents = spec.agents.map((agent, index) => {
    const whole = merged[index];
    return whole && needsSignature(whole.provider)
      ? { ...agent, signature: keys.sign(fleet, whole.name, whole) }
      : agent;
  });
  return { ...spec, agents };
}

/** The signed text: canonical JSON, so that the order of keys does not matter. */
function signedText(fleet: string, name: string, given: AgentSpec): string {
  const { agent, spec } = withoutNumber(name, unsigned(given));
  const signed = { fleet, agent, spec };
  const problem = jsonProblem(signed);
  if (problem) throw new DroverError('InvalidRequest', describeProblem(problem, `${fleet}/${name}`));
  return `${SPEC_PURPOSE}\n${canonicalJson(signed)}`;
}

/**
 * A signature of an agent with replicas holds for all of them, however many there are: scaling
 * starts no other program. It does not hold for an agent of the same name without replicas.
 */
function withoutNumber(agent: string, spec: AgentSpec): { readonly agent: string; readonly spec: object } {
  const { replicas, replicaOf, ...rest } = spec;
  if (replicas !== undefined && replicaOf === undefined) return { agent, spec: { ...rest, replicas: true } };
  if (replicaOf === undefined || spec.name !== agent || !isReplicaName(replicaOf, agent)) return { agent, spec };
  return { agent: replicaOf, spec: { ...rest, name: replicaOf, replicas: true } };
}

function digest(secret: string, text: string, encoding: 'hex' | 'base64url'): string {
  return createHmac('sha256', secret).update(text, 'utf8').digest(encoding);
}

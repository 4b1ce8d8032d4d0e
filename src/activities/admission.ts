/** Decides which specifications this worker executes. Agents that run as its own user need a signature. */
import { needsSignature, type SpecKeys } from '../client/spec-keys';
import type { ResourceCall } from '../contract/activities';
import { DroverError } from '../contract/errors';
import { titleOf } from '../providers/provider';
import type { HasSigned } from './references';

/** Throws `Forbidden` for a specification that it does not admit. `provider` is the provider that is called; the specification may name another. */
export type Admit = (call: Pick<ResourceCall, 'fleet' | 'agent' | 'provider' | 'spec'>) => void;

/** Admits everything, for compositions whose providers run nothing, such as tests. */
export const admitEverything: Admit = () => undefined;

/** Admits specifications that are signed with one of the keys; without keys, only agents that need no signature. */
export function admitSigned(keys: SpecKeys | undefined): Admit {
  return ({ fleet, agent, provider, spec }) => {
    if (!needsSignature(provider)) return;
    const problem = keys === undefined ? NO_KEY : keys.problemOf(fleet, agent, spec);
    if (problem === null) return;
    throw new DroverError('Forbidden', `${titleOf({ fleet, agent })}: Forbidden: ${problem}`, { permanent: true });
  };
}

/** Trusts the references of plans that are signed with one of the keys; without keys, of no plan. */
export function signedPlans(keys: SpecKeys | undefined): HasSigned {
  return (fleet, { references, signature }) =>
    signature !== undefined && keys?.hasSigned(fleet, references, signature) === true;
}

const NO_KEY =
  'this worker has no key to check the signatures of process and docker agents with; ' +
  'start it with DROVER_SPEC_SECRET, the same as that of the gateway (drover up makes one by itself)';

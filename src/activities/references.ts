/** Refuses calls that would give out the secret of a reference that is not allowed here. */
import { Context } from '@temporalio/activity';
import type { Activities } from '../contract/activities';
import { DroverError } from '../contract/errors';
import type { Approvable } from '../contract/fleet/preflight';
import { asProviderFailure } from './failures';
import { fieldsOf } from './fields';

/** Whether a reference may be resolved for an agent, a service or a webhook. */
export type AllowReference = (reference: string) => Promise<boolean>;

/** Whether the references that a plan of a fleet would approve are signed. */
export type HasSigned = (fleet: string, approvable: Approvable) => boolean;

/** Allows all references, for compositions that only tests start. */
export const allowEveryReference: AllowReference = async () => true;

type Activity = (...call: readonly unknown[]) => Promise<unknown>;

/** A webhook is called again for a while: its reference may be allowed by then. */
const RETRIED: readonly string[] = ['postWebhook'];

/**
 * Wraps activities so that none resolves a reference that is not allowed. Anyone who reaches
 * Temporal can name any reference in a pool, an `external` agent or a webhook.
 */
export function admittingReferences(activities: Activities, isAllowed: AllowReference): Activities {
  const guarded = Object.entries(activities).map(([name, activity]: [string, Activity]) => {
    const admitted: Activity = async (...call) => {
      for (const reference of givenOut(call[0]))
        if (!(await isAllowed(reference))) throw refusal(reference, !RETRIED.includes(name));
      return activity(...call);
    };
    return [name, admitted];
  });
  return Object.fromEntries(guarded) as Activities;
}

/**
 * The references of the secrets that leave the worker by a call: the credential of an agent, and those of
 * its service and of a webhook. The variables of an agent are part of its signed specification.
 */
function givenOut(call: unknown): string[] {
  const { subscription, spec, target } = fieldsOf(call);
  const secrets = [subscription, fieldsOf(spec)['external'], target].map((holder) => fieldsOf(holder)['secret']);
  return secrets.filter((secret) => typeof secret === 'string');
}

function refusal(reference: string, permanent: boolean): Error {
  const what = notAllowedHere(reference);
  return asProviderFailure(new DroverError('Forbidden', what, { permanent }), Context.current().info.attempt);
}

/** Why this worker does not resolve a reference, and what to do. */
export function notAllowedHere(reference: string): string {
  return (
    `secret ${reference}: this worker may not resolve it; apply the fleet file that names it through the gateway or ` +
    'with drover apply in the directory of the worker, or add it to DROVER_REFERENCES'
  );
}

/** Credentials that fail on command: turns of agents on them are answered as their provider would. */
import type { FailureKind } from '../contract/agent/subscription';
import type { Duration } from '../contract/values/duration';
import type { HttpAnswer } from '../providers/http-call';
import { mustBeDuration } from './durations';

/** How a credential fails: by its limit, with the time until its reset, or because it is refused. */
export interface CredentialFault {
  readonly kind: Exclude<FailureKind, 'other'>;
  /** After this time it is usable again, as its provider says; unknown unless given. */
  readonly resetIn?: Duration;
}

/** Status and text of each failure, in the words of a model's provider. */
const ANSWERS = {
  rate_limit: { status: 429, text: 'Rate limit reached' },
  auth: { status: 401, text: 'invalid x-api-key' },
} as const;

/** The credentials that fail now, by name. */
export class FailingCredentials {
  readonly #faults = new Map<string, CredentialFault>();

  /** Lets every turn on this credential fail from now on. */
  fail(credential: string, fault: CredentialFault): void {
    if (fault.resetIn !== undefined) mustBeDuration(fault.resetIn);
    this.#faults.set(credential, fault);
  }

  /** Lets it work again. */
  restore(credential: string): void {
    this.#faults.delete(credential);
  }

  /** The answer of an agent on this credential to a turn; undefined: the credential works. */
  answer(credential: string | undefined): HttpAnswer | undefined {
    const fault = credential === undefined ? undefined : this.#faults.get(credential);
    if (fault === undefined) return undefined;
    const { resetIn, kind } = fault;
    const seconds = resetIn === undefined ? undefined : String(Math.ceil(mustBeDuration(resetIn) / 1_000));
    const { status, text } = ANSWERS[kind];
    return { status, text, headers: seconds === undefined ? {} : { 'retry-after': seconds } };
  }
}

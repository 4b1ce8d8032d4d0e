/** The environment of the program behind an adapter. */
import type { Environment } from '../agent';
import { AGENT_ENV } from '../contract/protocol';

/** Drover's own variables, which hold tokens; and those that open Temporal. */
const OWN = /^(?:DROVER|TEMPORAL)_/;
/** They tell a host to which agent a process belongs, so that none outlives it. They open nothing. */
const MARKS: readonly string[] = [AGENT_ENV.key, AGENT_ENV.instance];

/**
 * The variables of the program: those of this process, which a worker limits to what the fleet file
 * names, without Drover's own. A new credential takes effect with the next start.
 */
export class ChildEnvironment {
  private variables: Readonly<Record<string, string>>;
  private readonly secretEnv: string | undefined;

  /** `secretEnv` is the variable of the credential; undefined: it has none. */
  constructor(own: Environment, secretEnv?: string) {
    const kept = Object.entries(own).flatMap(([name, value]) =>
      value === undefined || (OWN.test(name) && !MARKS.includes(name)) ? [] : [[name, value] as const],
    );
    this.variables = Object.fromEntries(kept);
    this.secretEnv = secretEnv;
  }

  /** For the next start. */
  get current(): Readonly<Record<string, string>> {
    return this.variables;
  }

  /** Whether a credential has a variable, so that another one can be taken without a restart. */
  get hasSecret(): boolean {
    return this.secretEnv !== undefined;
  }

  /** Takes a new secret of the subscription. */
  takeSecret(secret: string): void {
    if (this.secretEnv === undefined) throw new Error('no variable is named for the secret of a subscription');
    this.variables = { ...this.variables, [this.secretEnv]: secret };
  }
}

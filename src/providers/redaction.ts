/**
 * The only redaction: text of an agent, a service or an engine passes it before it reaches a
 * workflow, an event, a webhook or a log. It removes every secret that this process uses, and those
 * of the call.
 */
import { agentToken } from '../contract/agent/token';
import { resolveSecret, type SecretEnvironment } from './secrets';
import { type Clean, cleanOf, SHORTEST_SECRET } from './secrets-in-use';

/** The secret from which agents' tokens are derived, and the environment of secret references. */
export interface SecretSettings {
  readonly agentSecret: string;
  readonly environment: SecretEnvironment;
}

/**
 * The agent of a text, and secrets that it may hold beside those in use: values and references
 * (`env:NAME`, `file:path`).
 */
export interface Concern {
  readonly fleet?: string;
  readonly agent?: string;
  readonly values?: readonly string[];
  readonly references?: readonly (string | undefined)[];
}

/** Names of variables that hold a secret. */
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$/i;

/** Replaces a text that may hold a secret which can no longer be found. */
export const NOT_SHOWN = 'not shown, as it may hold a secret that can no longer be looked up';

/** The password of a URL such as `http://user:password@proxy:3128`. */
const PASSWORD = /:\/\/[^\s/:@]*:([^\s/@]+)@/g;

/** The values of variables that are named like secrets, and the passwords in URLs of all of them. */
export function secretsOf(environment: SecretEnvironment): string[] {
  return Object.entries(environment)
    .flatMap(([name, value = '']) => [
      ...(SECRET_NAME.test(name) ? [value, ...value.split(',')] : []),
      ...Array.from(value.matchAll(PASSWORD), ([, password = '']) => password),
    ])
    .filter((part) => part.length >= SHORTEST_SECRET);
}

/**
 * Builds the redaction for a call. `isSure` is false if a reference can no longer be resolved, so
 * that its secret is not known.
 */
export async function redactionFor(
  concern: Concern,
  settings: SecretSettings,
): Promise<{ readonly clean: Clean; readonly isSure: boolean }> {
  const { fleet, agent, values = [], references = [] } = concern;
  const { agentSecret, environment } = settings;
  const token = fleet === undefined || agent === undefined ? [] : [agentToken(agentSecret, fleet, agent)];
  const known = references.filter((reference) => reference !== undefined);
  const resolved = await Promise.allSettled(known.map((reference) => resolveSecret(reference, environment)));
  const secrets = resolved.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const installation = agentSecret.length < SHORTEST_SECRET ? [] : [agentSecret];
  const clean = cleanOf([...values, ...secrets, ...token, ...installation, ...secretsOf(environment)]);
  return { clean, isSure: secrets.length === known.length };
}

/**
 * Removes secrets from a text of an agent or a service. If a reference can no longer be resolved,
 * the whole text is withheld.
 */
export async function redacted(text: string, concern: Concern, settings: SecretSettings): Promise<string> {
  if (text === '') return '';
  const { clean, isSure } = await redactionFor(concern, settings);
  return isSure ? clean(text) : NOT_SHOWN;
}

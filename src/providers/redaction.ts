/**
 * The one redaction: what an agent, a service or an engine says passes it before it reaches a workflow, an event, a webhook or a log. It knows
 * every secret that this process uses, and those of the call that the text is about.
 */
import { agentToken } from '../contract/agent/token';
import { resolveSecret, type SecretEnvironment } from './secrets';
import { type Clean, cleanOf, SHORTEST_SECRET } from './secrets-in-use';

/** What agents' tokens are derived from, and where references to secrets lead. */
export interface SecretSettings {
  readonly agentSecret: string;
  readonly environment: SecretEnvironment;
}

/** Whom a text is about, and the secrets that it may hold beside those in use: as values, and as references (`env:NAME`, `file:path`). */
export interface Concern {
  readonly fleet?: string;
  readonly agent?: string;
  readonly values?: readonly string[];
  readonly references?: readonly (string | undefined)[];
}

/** Variables whose names say that they hold a secret. */
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$/i;

/** What stands in place of a text of which it cannot be told whether it holds a secret. */
export const NOT_SHOWN = 'not shown, as it may hold a secret that cannot be looked up any more';

/** The values that no text for people may hold, of the variables that are named like secrets. */
export function secretsOf(environment: SecretEnvironment): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) ? [value, ...value.split(',')].filter((part) => part.length >= SHORTEST_SECRET) : [],
  );
}

/** What leaves the secrets of a call out of a text. `isSure` false: a reference leads nowhere any more, so its secret is not known. */
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
 * A text of an agent or a service without its secrets. Where a reference leads nowhere any more it cannot be told what the text holds, so
 * nothing of it is shown.
 */
export async function redacted(text: string, concern: Concern, settings: SecretSettings): Promise<string> {
  if (text === '') return '';
  const { clean, isSure } = await redactionFor(concern, settings);
  return isSure ? clean(text) : NOT_SHOWN;
}

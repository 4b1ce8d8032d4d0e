/** The secrets that this process uses, and texts without them. */
import { isWellFormed } from '../contract/text';

/** A text without its secrets. */
export type Clean = (text: string) => string;

/** What stands in a text in place of a secret. */
const REDACTED = '***';
/** Shorter values are words that any text may hold. A call's own secrets are left out whatever their length. */
export const SHORTEST_SECRET = 8;
/** A line of a secret of several lines, such as a PEM key, that is long enough to be told from other text. */
const SHORTEST_LINE = 16;
/** The form of an agent's token (contract/agent/token.ts), which digests of images have too. */
const TOKEN = /\b[0-9a-f]{64}\b/g;

/** Every secret that this process has used so far. One that was changed since is still one: an agent may go on with it. */
const inUse = new Set<string>();
/** Tokens of agents, which may be thousands: looked up, and not looked for one by one. */
const tokens = new Set<string>();
/** Leaves out what is in use; null: there is one more since it was made. */
let cleanOfAll: Clean | null = null;

/** Notes secrets as in use in this process: no text shows them from now on. */
export function useSecrets(secrets: Iterable<string>): void {
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET || inUse.has(secret)) continue;
    inUse.add(secret);
    cleanOfAll = null;
  }
}

/** The same for the token of an agent, which is returned. */
export function useToken(token: string): string {
  tokens.add(token);
  return token;
}

/** The text without any secret that is in use in this process. */
export function withoutSecretsInUse(text: string): string {
  cleanOfAll ??= cleanOf([]);
  return cleanOfAll(text);
}

/** What leaves these secrets, and those in use, out of a text. The longest first: a secret may be part of another one. */
export function cleanOf(secrets: Iterable<string>): Clean {
  const all = new Set([...secrets, ...inUse]);
  const spellings = [...new Set([...all].flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  return (text) =>
    spellings
      .reduce((rest, spelling) => rest.replaceAll(spelling, REDACTED), text)
      .replace(TOKEN, (word) => (tokens.has(word) ? REDACTED : word));
}

/** As it is, as a string of JSON and as a part of a URL have it, and line by line. */
function spellingsOf(secret: string): string[] {
  if (secret === '') return [];
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
  const inUrl = isWellFormed(secret) ? [encodeURIComponent(secret)] : [];
  return [secret, JSON.stringify(secret).slice(1, -1), ...inUrl, ...lines];
}

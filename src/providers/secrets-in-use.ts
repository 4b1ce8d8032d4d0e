/** The secrets that this process uses, and their removal from texts. */
import { isWellFormed } from '../contract/text';

/** Removes secrets from a text. */
export type Clean = (text: string) => string;

/** Replaces a secret in a text. */
const REDACTED = '***';
/**
 * Shorter values are words that any text may hold. A call's own secrets are removed at any length.
 */
export const SHORTEST_SECRET = 8;
/** The shortest line of a multi-line secret, such as a PEM key, that differs from other text. */
const SHORTEST_LINE = 16;
/** The form of an agent's token (contract/agent/token.ts), which digests of images have too. */
const TOKEN = /\b[0-9a-f]{64}\b/g;

/** Every secret that this process has used. An old value stays, as an agent may still use it. */
const inUse = new Set<string>();
/** Tokens of agents. There may be thousands, so they are found by a set lookup, not one by one. */
const tokens = new Set<string>();
/** The redaction of all secrets in use; null if a secret was added since. */
let cleanOfAll: Clean | null = null;

/** Records secrets as in use in this process: texts no longer show them. */
export function useSecrets(secrets: Iterable<string>): void {
  for (const secret of secrets) {
    if (secret.length < SHORTEST_SECRET || inUse.has(secret)) continue;
    inUse.add(secret);
    cleanOfAll = null;
  }
}

/** Records the token of an agent as in use, and returns it. */
export function useToken(token: string): string {
  tokens.add(token);
  return token;
}

/** The text without the secrets in use in this process. */
export function withoutSecretsInUse(text: string): string {
  cleanOfAll ??= cleanOf([]);
  return cleanOfAll(text);
}

/**
 * Builds a redaction of these secrets and those in use. The longest come first, as a secret may be
 * part of another.
 */
export function cleanOf(secrets: Iterable<string>): Clean {
  const all = new Set([...secrets, ...inUse]);
  const spellings = [...new Set([...all].flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  return (text) =>
    spellings
      .reduce((rest, spelling) => rest.replaceAll(spelling, REDACTED), text)
      .replace(TOKEN, (word) => (tokens.has(word) ? REDACTED : word));
}

/** The spellings of a secret: plain, in JSON, in a URL, and line by line. */
function spellingsOf(secret: string): string[] {
  if (secret === '') return [];
  const lines = secret.split(/\r?\n/).filter((line) => line.length >= SHORTEST_LINE);
  const inUrl = isWellFormed(secret) ? [encodeURIComponent(secret)] : [];
  return [secret, JSON.stringify(secret).slice(1, -1), ...inUrl, ...lines];
}

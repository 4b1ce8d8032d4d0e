/** Secrets are references until the moment of use: `env:NAME` or `file:path`. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode } from './error-code';
import { providerError } from './provider';

/** Where references are looked up: the worker's own environment, and files by absolute path or from its working directory. */
export type SecretEnvironment = Readonly<Record<string, string | undefined>>;

/** The secret behind a reference. A message names the reference, never what is behind it. */
export async function resolveSecret(reference: string, environment: SecretEnvironment): Promise<string> {
  const [, kind, name = ''] = /^(env|file):(.+)$/s.exec(reference) ?? [];
  if (kind === 'env') return fromEnvironment(name, environment);
  if (kind === 'file') return fromFile(name);
  throw providerError('a secret is written as env:NAME or file:path, and nothing else', { permanent: true });
}

function fromEnvironment(name: string, environment: SecretEnvironment): string {
  const value = environment[name];
  if (value) return value;
  throw providerError(`secret env:${name}: the worker's environment has no variable ${name}`, { permanent: true });
}

async function fromFile(name: string): Promise<string> {
  const path = resolve(name);
  try {
    return (await readFile(path, 'utf8')).replace(/\r?\n$/, '');
  } catch (error) {
    throw providerError(`secret file:${name}: ${path} cannot be read (${String(errorCode(error))})`, {
      permanent: true,
    });
  }
}

/** Variables whose names say that they hold a secret. */
const SECRET_NAME = /(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIALS?)S?$/i;
/** Shorter values are words that any text may hold. */
const SHORTEST_SECRET = 8;

/** The values that no text for people may hold, of the variables that are named like secrets. */
export function secretsOf(environment: SecretEnvironment): string[] {
  return Object.entries(environment).flatMap(([name, value = '']) =>
    SECRET_NAME.test(name) ? value.split(',').filter((part) => part.length >= SHORTEST_SECRET) : [],
  );
}

/** What stands in a text in place of a secret. */
const REDACTED = '***';

/**
 * A text of an agent without its secrets: the values given, and what the references lead to. Where one leads nowhere any more nobody can
 * tell what the text holds, so nothing of it is shown.
 */
export async function redacted(
  text: string,
  values: readonly string[],
  references: readonly (string | undefined)[],
  environment: SecretEnvironment,
): Promise<string> {
  const known = references.filter((reference) => reference !== undefined);
  try {
    const secrets = await Promise.all(known.map((reference) => resolveSecret(reference, environment)));
    return [...values, ...secrets]
      .filter((secret) => secret !== '')
      .reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text);
  } catch {
    return text === '' ? '' : 'not shown, as they may hold a secret that cannot be looked up any more';
  }
}

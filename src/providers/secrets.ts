/** Secrets are references until the moment of use: `env:NAME` or `file:path`. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { errorCode } from './error-code';
import { providerError } from './provider';
import { useSecrets } from './secrets-in-use';

/** Where references are looked up: the worker's own environment, and files by absolute path or from its working directory. */
export type SecretEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * The secret behind a reference, which is in use from now on: no text for people shows it (secrets-in-use.ts). A message names the reference,
 * never what is behind it.
 */
export async function resolveSecret(reference: string, environment: SecretEnvironment): Promise<string> {
  const [, kind, name = ''] = /^(env|file):(.+)$/s.exec(reference) ?? [];
  if (kind === 'env') return inUse(fromEnvironment(name, environment));
  if (kind === 'file') return inUse(await fromFile(name));
  throw providerError('a secret is written as env:NAME or file:path, and nothing else', { permanent: true });
}

function inUse(secret: string): string {
  useSecrets([secret]);
  return secret;
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

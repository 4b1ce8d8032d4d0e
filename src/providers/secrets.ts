/** Resolves references to secrets, `env:NAME` or `file:path`, at the moment of use. */
import { type FileHandle, open, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { DroverError } from '../contract/errors';
import { errorCode } from '../lib/error-code';
import { utf8Text } from '../lib/utf8';
import { providerError } from './provider';
import { useSecrets } from './secrets-in-use';

/**
 * The worker's environment, where `env:` references are looked up. `file:` paths are absolute or
 * relative to the working directory.
 */
export type SecretEnvironment = Readonly<Record<string, string | undefined>>;

/**
 * Resolves a reference. The secret counts as in use from now on, so that no text shows it
 * (secrets-in-use.ts). Errors name the reference, never the secret.
 */
export async function resolveSecret(reference: string, environment: SecretEnvironment): Promise<string> {
  const [, kind, name = ''] = /^(env|file):(.+)$/s.exec(reference) ?? [];
  if (kind === 'env') return inUse(fromEnvironment(name, environment));
  if (kind === 'file') return inUse(await fromFile(name, environment));
  throw providerError('invalid secret reference: use env:NAME or file:path', { permanent: true });
}

/** Why a reference does not resolve here, with what to do; null: it does. */
export async function missingSecret(reference: string, environment: SecretEnvironment): Promise<string | null> {
  try {
    await resolveSecret(reference, environment);
    return null;
  } catch (error) {
    if (!(error instanceof DroverError)) throw error;
    return `${error.message}; ${WAYS_ON[reference.startsWith('file:') ? 'file' : 'env']}`;
  }
}

const WAYS_ON = {
  env: 'set it for the worker and start the worker again, or correct the reference',
  file: 'create the file there, or correct the reference',
} as const;

function inUse(secret: string): string {
  useSecrets([secret]);
  return secret;
}

/**
 * Secrets that open Drover itself. A service or an agent is given what a reference leads to, so a
 * caller that could name these could sign what hosts run (docs/security.md).
 */
const OWN_VARIABLES: readonly string[] = [
  'DROVER_SPEC_SECRET',
  'DROVER_AGENT_SECRET',
  'DROVER_OPERATOR_TOKENS',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
];
const OWN_FILES: readonly string[] = ['spec-secret', 'agent-secret', 'token'];

/** Throws for a variable that opens Drover itself. */
export function refuseOwnVariable(name: string): void {
  if (OWN_VARIABLES.includes(name)) refuseOwn(`env:${name}`);
}

/** Why a variable of the worker is not passed on; null: it may be. */
export function ownVariableProblem(name: string): string | null {
  return OWN_VARIABLES.includes(name) ? ownSecret(`env:${name}`) : null;
}

function refuseOwn(reference: string): never {
  throw providerError(ownSecret(reference), { permanent: true });
}

function ownSecret(reference: string): string {
  return `secret ${reference}: it is a secret of Drover itself, which Drover gives to no agent and no service; name another one`;
}

/**
 * By what was opened, not by its path: a link leads there too. Everything below /proc may hold the
 * environment of a process.
 */
async function isOwn(file: FileHandle, stateDir: string): Promise<boolean> {
  const { dev, ino } = await file.stat();
  const processes = await stat('/proc/self/environ').catch(unlessMissing);
  if (processes?.dev === dev) return true;
  const own = await Promise.all(OWN_FILES.map((name) => stat(join(stateDir, name)).catch(unlessMissing)));
  return own.some((kept) => kept?.dev === dev && kept.ino === ino);
}

function unlessMissing(error: unknown): undefined {
  if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return undefined;
  throw error;
}

function fromEnvironment(name: string, environment: SecretEnvironment): string {
  refuseOwnVariable(name);
  const value = environment[name];
  if (value) return value;
  throw providerError(`secret env:${name}: the worker's environment has no variable ${name}`, { permanent: true });
}

async function fromFile(name: string, environment: SecretEnvironment): Promise<string> {
  const path = resolve(name);
  try {
    const file = await open(path);
    try {
      // The default is that of the setting (contract/schemas/config.ts).
      if (await isOwn(file, environment['DROVER_STATE_DIR'] ?? '.drover')) refuseOwn(`file:${name}`);
      const text = utf8Text(await file.readFile());
      if (text === undefined)
        throw providerError(`secret file:${name}: ${path} is not UTF-8 text: save it as UTF-8`, { permanent: true });
      return text.replace(/\r?\n$/, '');
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof DroverError) throw error;
    throw providerError(`secret file:${name}: ${path} cannot be read (${String(errorCode(error))})`, {
      permanent: true,
    });
  }
}

/** Which references to secrets a worker resolves for agents, services and webhooks (docs/security.md). */
import { realpath } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { errorCode } from '../lib/error-code';

/**
 * Whether a reference is listed: `env:NAME`, `env:PREFIX*`, `file:/path` of a file, or of a folder
 * with everything below it. A link counts as the file that it leads to.
 */
export async function isListed(reference: string, list: readonly string[]): Promise<boolean> {
  const [, kind, name = ''] = /^(env|file):(.+)$/s.exec(reference) ?? [];
  if (kind === 'env') return list.some((pattern) => pattern.startsWith('env:') && matches(name, pattern.slice(4)));
  if (kind !== 'file') return false;
  const path = await realPath(name);
  const folders = list.filter((pattern) => pattern.startsWith('file:')).map((pattern) => realPath(pattern.slice(5)));
  return (await Promise.all(folders)).some((folder) => path === folder || path.startsWith(below(folder)));
}

function matches(name: string, pattern: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

function below(folder: string): string {
  return folder.endsWith(sep) ? folder : `${folder}${sep}`;
}

/** The path without links; as it is where it does not exist, because then nothing is read. */
async function realPath(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (errorCode(error) === undefined) throw error;
    return resolve(path);
  }
}

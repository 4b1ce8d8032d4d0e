/** Finds the file of a program, as a shell would. */
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';

/**
 * The executable file of a program: a name with a slash is a path from the working directory,
 * another name is looked up in `path` (PATH). Undefined: none.
 */
export async function findProgram(program: string, cwd: string, path: string): Promise<string | undefined> {
  const places = program.includes('/')
    ? [resolve(cwd, program)]
    : path.split(delimiter).map((directory) => join(resolve(cwd, directory), program));
  for (const place of places) if (await isExecutable(place)) return place;
  return undefined;
}

/** Where `findProgram` has looked in vain, for messages. */
export function soughtProgram(program: string, cwd: string): string {
  return program.includes('/') ? `no executable file ${resolve(cwd, program)}` : `no directory of PATH has it`;
}

async function isExecutable(path: string): Promise<boolean> {
  const may = await access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
  return may && !(await isDirectory(path));
}

/** Whether a folder exists there. */
export async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isDirectory(),
    () => false,
  );
}

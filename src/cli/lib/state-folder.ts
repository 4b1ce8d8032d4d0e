/** Finds the state directory of a command that only uses one: it makes none. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { environment } from '../../config';

/** As in contract/schemas/config.ts. */
const STATE_DIR = '.drover';
/** Every state directory has it from its first moment; a folder of the same name has not. */
const MARK = 'installation';

/**
 * `DROVER_STATE_DIR`, else the nearest `.drover` of this folder and those above it, else where a
 * `drover up` would make one. Absolute.
 */
export function stateFolder(): string {
  const given = environment()['DROVER_STATE_DIR'];
  if (given !== undefined) return resolve(given);
  for (let folder = resolve('.'); ; folder = dirname(folder)) {
    const candidate = join(folder, STATE_DIR);
    if (existsSync(join(candidate, MARK))) return candidate;
    if (folder === dirname(folder)) return resolve(STATE_DIR);
  }
}

/** Whether an installation keeps its state there. */
export function isStateFolder(folder: string): boolean {
  return existsSync(join(folder, MARK));
}

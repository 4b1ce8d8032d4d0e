/** The fleet files of a command: files, folders of files, and standard input. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DroverError } from '../../contract/errors';
import type { FleetFile } from '../../contract/fleet';
import { utf8Text } from '../../lib/utf8';
import { loadFleetFile } from './fleet-file';
import { type Format, say } from '../lib/output';

const EXTENSION = /\.(?:ya?ml|json)$/i;
/** A file of another kind, such as a scenario, may lie beside fleet files. */
const OF_A_FLEET = /(?:^|[\s{,])["']?kind["']?\s*:\s*["']?Fleet\b/m;

/** Collects a repeated option. */
export function collect(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

/**
 * Reads every file before any of them is used, in the order given; those of a folder by name.
 * Throws `InvalidFleet` for a file that is wrong, for a folder without fleet files, and where two
 * files describe one fleet.
 */
export async function loadFleetFiles(paths: readonly string[], format: Format): Promise<FleetFile[]> {
  const names = (await Promise.all(paths.map(filesOf))).flat();
  const files: FleetFile[] = [];
  const seen = new Map<string, string>();
  for (const name of names) {
    const { file, warnings } = await loadFleetFile(name);
    for (const warning of warnings) say(format === 'json' ? JSON.stringify({ warning }) : `warning: ${warning}`);
    const fleet = file.metadata.name;
    const other = seen.get(fleet);
    if (other !== undefined)
      throw new DroverError('InvalidFleet', `${name} and ${other} both describe the fleet ${fleet}`, { errors: [] });
    seen.set(fleet, name);
    files.push(file);
  }
  return files;
}

async function filesOf(path: string): Promise<string[]> {
  const isFolder =
    path !== '-' &&
    (await stat(path).then(
      (entry) => entry.isDirectory(),
      // Reading the file says why it cannot be read.
      () => false,
    ));
  if (!isFolder) return [path];
  const names = (await readdir(path)).filter((name) => EXTENSION.test(name)).sort();
  const files = names.map((name) => join(path, name));
  // Reading a file that is not UTF-8 says so.
  const mayBeFleet = async (file: string): Promise<boolean> =>
    OF_A_FLEET.test(utf8Text(await readFile(file)) ?? 'kind: Fleet');
  const chosen = await Promise.all(files.map(mayBeFleet));
  const fleets = files.filter((_, index) => chosen[index]);
  if (fleets.length > 0) return fleets;
  throw new DroverError('InvalidFleet', `${path} has no fleet file (.yaml, .yml or .json with kind: Fleet)`, {
    errors: [],
  });
}

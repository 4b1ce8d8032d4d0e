/** A folder with planted files, and what a script of the repository says about it. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const scripts = join(__dirname, '../../scripts');

/** Its output by lines, and its exit code. */
export interface Said {
  readonly lines: readonly string[];
  readonly code: number | null;
}

/** Writes the files (path to text) to a new folder, prepares it, and runs the script on it. */
export function sayOf(
  script: string,
  files: Readonly<Record<string, string>>,
  options: { readonly args?: readonly string[]; readonly prepare?: (folder: string) => void } = {},
): Said {
  const folder = mkdtempSync(join(tmpdir(), 'drover-planted-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    options.prepare?.(folder);
    const args = [join(scripts, script), ...(options.args ?? []), folder];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    if (stderr !== '') throw new Error(stderr);
    return { lines: stdout.trimEnd().split('\n'), code: status };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

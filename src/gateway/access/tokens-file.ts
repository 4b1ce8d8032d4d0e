/** Reads the tokens file and follows its changes. A broken file keeps the previous tokens, and says so. */
import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { parse } from 'yaml';
import { parseTokens } from '../../contract/schemas/tokens-file';
import type { NamedToken } from '../../contract/caller/role';
import { messageOf } from '../../contract/text';
import { FileProblem, readKept } from '../../lib/kept-file';

/** The tokens of a file that is followed. */
export interface TokensFile {
  readonly tokens: () => readonly NamedToken[];
  readonly stop: () => void;
}

/** How the file is followed: `notice` gets sentences for the log; `everyMs` is for tests. */
export interface FollowOptions {
  readonly notice: (sentence: string) => void;
  readonly everyMs?: number;
}

/** Looks at the file's times: a rename, an editor and a mounted volume are all noticed. */
const EVERY_MS = 1_000;

/** Reads the file, which may not be there yet. Throws `FileProblem` for a broken one. */
export function followTokensFile(path: string, { notice, everyMs = EVERY_MS }: FollowOptions): TokensFile {
  let tokens = readTokens(path) ?? [];
  const look = ({ nlink }: Pick<Stats, 'nlink'>): void => {
    try {
      const found = nlink === 0 ? undefined : readTokens(path);
      if (found === undefined) {
        notice(`${path} is gone; its ${String(tokens.length)} tokens stay valid until it is back`);
        return;
      }
      tokens = found;
      notice(`${path} has ${String(tokens.length)} tokens`);
    } catch (error) {
      notice(`${messageOf(error)}; the previous ${String(tokens.length)} tokens stay valid`);
    }
  };
  // Another listener of the same file, such as that of a second gateway, stays.
  watchFile(path, { interval: everyMs, persistent: false }, look);
  return { tokens: () => tokens, stop: () => unwatchFile(path, look) };
}

/** The tokens of a file; undefined if it does not exist. Throws `FileProblem`. */
function readTokens(path: string): readonly NamedToken[] | undefined {
  const text = readKept(path);
  if (text === undefined) return undefined;
  try {
    return parseTokens(parse(text));
  } catch (error) {
    throw new FileProblem(path, `is not a valid tokens file: ${messageOf(error)}`, { cause: error });
  }
}

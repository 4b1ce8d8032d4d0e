/** Reads the tokens file and follows its changes. A broken file keeps the previous tokens, and says so. */
import { statSync } from 'node:fs';
import { parse } from 'yaml';
import { parseTokens } from '../../contract/schemas/tokens-file';
import type { NamedToken } from '../../contract/caller/role';
import { messageOf } from '../../contract/text';
import { errorCode } from '../../lib/error-code';
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
  // Before the file is read: a change between the two is read twice, and not missed.
  let stamp = stampOf(path);
  let tokens = readTokens(path) ?? [];
  const look = (): void => {
    const current = stampOf(path);
    if (current === stamp) return;
    stamp = current;
    try {
      const found = readTokens(path);
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
  const timer = setInterval(look, everyMs).unref();
  return {
    tokens: () => tokens,
    stop: () => {
      clearInterval(timer);
    },
  };
}

/** Changes with the file. A file that cannot be looked at has the error's code, and reading it says why. */
function stampOf(path: string): string {
  try {
    const found = statSync(path, { bigint: true, throwIfNoEntry: false });
    return found === undefined ? 'absent' : [found.ino, found.size, found.mtimeNs, found.ctimeNs].join();
  } catch (error) {
    return String(errorCode(error));
  }
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

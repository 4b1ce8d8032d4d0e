/** Adds tokens to the tokens file, lists them and takes them back. The file gets the hash; only the caller gets the token. */
import { createHash, randomBytes } from 'node:crypto';
import { type Document, isMap, isSeq, parseDocument } from 'yaml';
import { DroverError } from '../../contract/errors';
import type { NamedToken } from '../../contract/caller/role';
import { parseTokens } from '../../contract/schemas/tokens-file';
import { messageOf } from '../../contract/text';
import { readKept, replaceFile } from '../../lib/kept-file';

/** 256 bits: no one can guess them, so their hash needs no salt. */
const TOKEN_BYTES = 32;

/** A new token, and its entry in the file. */
export interface NewToken {
  readonly token: string;
  readonly entry: NamedToken;
}

/**
 * Makes a token and adds it to the file, which is made if it is not there; comments stay. The name is
 * `<role>-<number>` unless given. Throws `InvalidRequest` for a broken file or a name that is in use.
 */
export function addToken(
  path: string,
  { name, ...rest }: Pick<NamedToken, 'role' | 'fleets'> & { readonly name?: string },
): NewToken {
  const { document, known } = opened(path);
  const token = randomBytes(TOKEN_BYTES).toString('base64url');
  const sha256 = createHash('sha256').update(token).digest('hex');
  const entry = { name: name ?? freeName(rest.role, known), ...rest, sha256 };
  const { fleets, ...written } = entry;
  const line = { name: written.name, role: written.role, ...(fleets && { fleets }), sha256 };
  parsed(path, () => parseTokens({ tokens: [...known.map(asWritten), line] }));
  if (!isMap(document.contents)) document.setIn(['tokens'], document.createNode([]));
  const list = document.get('tokens', true);
  if (isSeq(list)) list.flow = false;
  document.addIn(['tokens'], line);
  replaceFile(path, document.toString());
  return { token, entry };
}

/** The tokens of the file, in its order; none without a file. Throws `InvalidRequest` for a broken file. */
export function tokensIn(path: string): readonly NamedToken[] {
  return opened(path).known;
}

/**
 * Takes a token back: removes its entry, and keeps the comments of the others. Throws `NotFound` for a name that
 * the file does not have, `InvalidRequest` for a broken file.
 */
export function removeToken(path: string, name: string): NamedToken {
  const { document, known } = opened(path);
  const index = known.findIndex((token) => token.name === name);
  const found = known[index];
  if (found === undefined) {
    const names = known.map((token) => token.name).join(', ');
    throw new DroverError('NotFound', `${path} has no token "${name}"; it has ${names === '' ? 'none' : names}`);
  }
  document.deleteIn(['tokens', index]);
  replaceFile(path, document.toString());
  return found;
}

function opened(path: string): { readonly document: Document; readonly known: readonly NamedToken[] } {
  const document = parseDocument(readKept(path) ?? '');
  const known = parsed(path, () => {
    const [problem] = document.errors;
    if (problem !== undefined) throw problem;
    return parseTokens(document.toJS());
  });
  return { document, known };
}

function asWritten({ fleets, ...rest }: NamedToken) {
  return fleets === null ? rest : { ...rest, fleets };
}

function freeName(role: string, known: readonly NamedToken[]): string {
  for (let number = 1; ; number += 1) {
    const name = `${role}-${String(number)}`;
    if (known.every((token) => token.name !== name)) return name;
  }
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new DroverError('InvalidRequest', `${path}: ${messageOf(error)}`, undefined, { cause: error });
  }
}

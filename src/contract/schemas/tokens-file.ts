/** The tokens file (`DROVER_TOKENS_FILE`): the named tokens of an installation, by their hashes. */
import { z } from 'zod';
import { DroverError } from '../errors';
import { type NamedToken, ROLES } from '../caller/role';
import { name, strict } from './fields';
import { readBy } from './reading';

/** Bounds the condition of a list, which names every fleet of the token. */
const MOST_FLEETS = 100;

const token = strict({
  name,
  role: z.enum(ROLES),
  fleets: z.array(name).min(1, 'leave it out for all fleets').max(MOST_FLEETS).optional(),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the token: 64 hexadecimal digits'),
});

/** The whole file. */
const tokensFileSchema = strict({ tokens: z.array(token) });

/**
 * The tokens of a parsed file; an empty file has none. Throws `InvalidRequest` that names every problem
 * with its place.
 */
export function parseTokens(value: unknown): readonly NamedToken[] {
  const read = readBy(tokensFileSchema, value ?? { tokens: [] });
  if (!read.success) {
    const problems = read.error.issues.flatMap((issue) => {
      const places = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return places.map((path) => `${path.map(String).join('.') || 'the file'}: ${issue.message}`);
    });
    throw new DroverError('InvalidRequest', problems.join('; '), { problems });
  }
  const { tokens } = read.data;
  const names = tokens.map((entry) => entry.name);
  const twice = names.find((entry, index) => names.indexOf(entry) !== index);
  if (twice !== undefined) throw new DroverError('InvalidRequest', `tokens: duplicate name "${twice}"; name each once`);
  return tokens.map(({ fleets, ...entry }) => ({ ...entry, fleets: fleets ?? null }));
}

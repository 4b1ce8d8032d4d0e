/** The files that an agent reads and writes through the adapter: below its folder only. */
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, normalize, sep } from 'node:path';
import { hasCode } from '../../lib/error-code';
import type { ReadTextFileRequest, WriteTextFileRequest } from './sdk';

/** The most bytes of a file that is read: more than a model takes. */
const FILE_BYTES = 10 * 1024 * 1024;

/** Reads lines of a file. */
export async function readFile(folder: string, { path, line, limit }: ReadTextFileRequest): Promise<string> {
  const file = await opened(await within(folder, path), constants.O_RDONLY);
  try {
    const { size } = await file.stat();
    if (size > FILE_BYTES) throw new Error(`${path} has ${String(size)} bytes, at most ${String(FILE_BYTES)} are read`);
    const text = await file.readFile('utf8');
    if (typeof line !== 'number' && typeof limit !== 'number') return text;
    const first = Math.max((line ?? 1) - 1, 0);
    return text
      .split('\n')
      .slice(first, typeof limit === 'number' ? first + limit : undefined)
      .join('\n');
  } finally {
    await file.close();
  }
}

/** Writes a file, with the folders above it. */
export async function writeFile(folder: string, { path, content }: WriteTextFileRequest): Promise<void> {
  const place = await within(folder, path);
  await mkdir(dirname(place), { recursive: true });
  // Once more: a folder above it may have become a link.
  const { O_WRONLY, O_CREAT, O_TRUNC } = constants;
  const file = await opened(await within(folder, place), O_WRONLY | O_CREAT | O_TRUNC);
  try {
    await file.writeFile(content);
  } finally {
    await file.close();
  }
}

/** Opens a file of contents. A pipe would wait for its other end, and hold one of the few threads for files. */
async function opened(place: string, flags: number): Promise<FileHandle> {
  const file = await open(place, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o666);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error(`${place} is not a file of contents`);
}

/** The real place of a path, without links and `..`. Throws if it is outside of the folder. */
export async function within(folder: string, path: string): Promise<string> {
  if (!isAbsolute(path)) throw new Error(`${path} is not an absolute path`);
  const root = await realpath(folder);
  // Without `..`: after a folder that does not exist yet it would hide a link.
  const place = await realPlace(normalize(path));
  if (place === root || place.startsWith(root.endsWith(sep) ? root : root + sep)) return place;
  throw new Error(`${path} is outside of ${folder}`);
}

/** The path without links; of what does not exist yet, the part that exists. */
async function realPlace(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!hasCode(error, 'ENOENT') || (await isLink(path))) throw error;
    const above = dirname(path);
    if (above === path) throw error;
    return join(await realPlace(above), basename(path));
  }
}

/** A link that leads nowhere yet would be followed by a write. */
async function isLink(path: string): Promise<boolean> {
  return lstat(path).then(
    (entry) => entry.isSymbolicLink(),
    () => false,
  );
}

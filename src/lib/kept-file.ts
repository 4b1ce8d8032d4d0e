/**
 * Durable files: complete or absent, even after a power cut. A name appears only when the content
 * is on the disk. Errors name the path and what is wrong.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { link, open, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { errorCode } from './error-code';

/** A problem of a file that only a person can fix; `message` names the path. */
export class FileProblem extends Error {
  override readonly name = 'FileProblem';
  readonly path: string;

  constructor(path: string, what: string, options?: ErrorOptions) {
    super(`${path} ${what}`, options);
    this.path = path;
  }
}

/** Only the owner may read the files of an installation. */
const PRIVATE = 0o600;

/** System error codes as text for people. */
const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'this user may not',
  EPERM: 'this user may not',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of its path is a file',
  ELOOP: 'its symbolic links form a loop',
  ENOSPC: 'the disk is full',
  EDQUOT: "the user's share of the disk is used up",
  EROFS: 'the file system is read-only',
  EIO: 'the disk fails',
};

/** Replaces a file in one step. `FileProblem` on failure; then the earlier file stays. */
export function replaceFile(path: string, content: string): void {
  writing(path, (draft) => renameSync(draft, path), content);
}

/** Creates a file; false if one exists, which stays. */
export function createFile(path: string, content: string): boolean {
  try {
    writing(path, (draft) => linkSync(draft, path), content);
    return true;
  } catch (error) {
    if (error instanceof FileProblem && errorCode(error.cause) === 'EEXIST') return false;
    throw error;
  }
}

/** As `createFile`, without blocking the process. */
export async function createFileSoon(path: string, content: string): Promise<boolean> {
  const draft = draftOf(path);
  try {
    const file = await open(draft, 'wx', PRIVATE);
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await link(draft, path);
    await syncDirectorySoon(dirname(path));
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw problem(path, 'written', error);
  } finally {
    await rm(draft, { force: true });
  }
}

/** The text of a file; undefined if it does not exist. `FileProblem` if it cannot be read. */
export function readKept(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    return unlessMissing(path, error);
  }
}

/** As `readKept`, without blocking the process. */
export async function readKeptSoon(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    return unlessMissing(path, error);
  }
}

/**
 * Parses the JSON of a file's text. `parse` returns undefined for another shape, which is a
 * `FileProblem`.
 */
export function parseKept<T>(path: string, text: string, parse: (value: unknown) => T | undefined): T {
  const value = jsonOf(text);
  const parsed = value === undefined ? undefined : parse(value);
  if (parsed !== undefined) return parsed;
  throw new FileProblem(path, value === undefined ? contentOf(text) : 'holds JSON of something else');
}

/** Describes an invalid text, as the end of a sentence about its file. */
export function contentOf(text: string): string {
  if (text.trim() === '') return 'is empty';
  if (/^\0+$/.test(text)) return 'holds nothing but zero bytes, as a power cut leaves them';
  return 'is damaged, or was not written by Drover';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function writing(path: string, publish: (draft: string) => void, content: string): void {
  const draft = draftOf(path);
  try {
    const file = openSync(draft, 'wx', PRIVATE);
    try {
      writeFileSync(file, content);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    publish(draft);
    syncDirectory(dirname(path));
  } catch (error) {
    throw problem(path, 'written', error);
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * The path of the draft: in the same directory, as links and renames need one file system, with a
 * name that is never used twice.
 */
function draftOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${String(process.pid)}.${randomBytes(6).toString('hex')}`);
}

/** Syncs the directory, which holds the file's name. */
function syncDirectory(path: string): void {
  const directory = openSync(path, 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}

async function syncDirectorySoon(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function unlessMissing(path: string, error: unknown): undefined {
  if (errorCode(error) === 'ENOENT') return undefined;
  throw problem(path, 'read', error);
}

/**
 * Turns a system error into a `FileProblem` with the path, which the error of a write does not
 * have.
 */
export function problem(path: string, done: string, error: unknown): FileProblem {
  if (error instanceof FileProblem) return error;
  const code = errorCode(error);
  const reason = typeof code === 'string' ? REASONS[code] : undefined;
  const why = reason === undefined ? String(error) : `${reason} (${String(code)})`;
  return new FileProblem(path, `cannot be ${done}: ${why}`, { cause: error });
}

/**
 * The references that the owner of a state directory has approved, by applying a fleet file with
 * them: one file each, so that several programs may approve at the same time.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createFile, problem, readKept } from '../lib/kept-file';

const FOLDER = 'references';

/** Approves references in a state directory that exists; does nothing if it does not. */
export function approveReferences(stateDir: string, references: readonly string[]): void {
  if (references.length === 0 || !existsSync(stateDir)) return;
  const folder = join(stateDir, FOLDER);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw problem(folder, 'made', error);
  }
  for (const reference of references)
    if (!isApproved(stateDir, reference)) createFile(fileOf(stateDir, reference), reference);
}

/** Whether a reference has been approved in a state directory. */
export function isApproved(stateDir: string, reference: string): boolean {
  return readKept(fileOf(stateDir, reference)) === reference;
}

function fileOf(stateDir: string, reference: string): string {
  return join(stateDir, FOLDER, createHash('sha256').update(reference, 'utf8').digest('hex'));
}

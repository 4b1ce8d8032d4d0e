/** The audit trail as a file: what a gateway appends, and what `drover audit` reads. */
import { appendFileSync, chmodSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditEntry, AUDIT_FILES } from './contract/caller/audit';
import { messageOf } from './contract/text';
import { errorCode } from './lib/error-code';
import { readKept } from './lib/kept-file';

/** A file of this size becomes the earlier one: some 80,000 entries, two of them at most. */
const MOST_BYTES = 16 * 1024 * 1024;
const PRIVATE = 0o600;

/**
 * Appends entries to the trail in this folder. A trail that cannot be written costs only its lines;
 * `onLoss` is called with the reason.
 */
export function openAuditFile(
  folder: string,
  onLoss: (why: string) => void,
  mostBytes = MOST_BYTES,
): (entry: AuditEntry) => void {
  const path = join(folder, AUDIT_FILES.now);
  return (entry) => {
    try {
      if (sizeOf(path) >= mostBytes) renameSync(path, join(folder, AUDIT_FILES.before));
      // At once, so that a command that is answered is in the trail even if this process is killed then.
      appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: PRIVATE });
      chmodSync(path, PRIVATE);
    } catch (error) {
      onLoss(`the audit trail ${path} cannot be written: ${messageOf(error)}`);
    }
  };
}

/** The entries since a time (epoch ms), oldest first. A line that was torn by a crash is left out. */
export function readAuditFile(folder: string, since: number): readonly AuditEntry[] {
  return [AUDIT_FILES.before, AUDIT_FILES.now]
    .flatMap((name) => (readKept(join(folder, name)) ?? '').split('\n'))
    .flatMap((line) => entryIn(line))
    .filter(({ at }) => Date.parse(at) >= since);
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

function entryIn(line: string): AuditEntry[] {
  try {
    const value: unknown = JSON.parse(line);
    const isEntry = typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'string';
    return isEntry ? [value as AuditEntry] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

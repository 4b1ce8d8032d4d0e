/** The audit trail as a file: what a gateway appends, and what `drover audit` reads. */
import { appendFileSync, chmodSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type AuditEntry, type AuditFilter, AUDIT_FILES } from './contract/caller/audit';
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

/** The entries that match, the newest first. A line that was torn by a crash is left out. */
export function readAuditFile(folder: string, filter: AuditFilter): readonly AuditEntry[] {
  const found: AuditEntry[] = [];
  for (const name of [AUDIT_FILES.now, AUDIT_FILES.before]) {
    for (const line of (readKept(join(folder, name)) ?? '').split('\n').reverse()) {
      // A trail has many thousand lines, and most are about something else.
      if (filter.fleet !== undefined && !line.includes(filter.fleet)) continue;
      const entry = entryIn(line);
      if (entry === undefined || !isWanted(entry, filter)) continue;
      found.push(entry);
      if (found.length === filter.limit) return found;
    }
  }
  return found;
}

function isWanted(entry: AuditEntry, { sinceMs, fleets, refused, ...named }: AuditFilter): boolean {
  const isNamed = (['fleet', 'agent', 'run'] as const).every(
    (part) => named[part] === undefined || named[part] === entry[part],
  );
  const isOfFleets = fleets === undefined || (entry.fleet !== undefined && fleets.includes(entry.fleet));
  return isNamed && isOfFleets && Date.parse(entry.at) >= sinceMs && (refused !== true || entry.code !== null);
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return 0;
    throw error;
  }
}

function entryIn(line: string): AuditEntry | undefined {
  if (line === '') return undefined;
  try {
    const value: unknown = JSON.parse(line);
    const isEntry = typeof value === 'object' && value !== null && 'at' in value && typeof value.at === 'string';
    return isEntry ? (value as AuditEntry) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Memory and processor time of processes with all of their descendants, from /proc; nothing on other systems. */
import { readFileSync, readdirSync } from 'node:fs';
import { errorCode } from '../../src/lib/error-code';

/** Processes by name. */
export type Pids = Readonly<Record<string, number>>;

/** What one process, with its descendants, has used so far. */
export interface Used {
  /** Its share of the physical memory now, in MB. */
  readonly mb: number;
  /** Processor time in seconds. */
  readonly seconds: number;
}

/** Linux counts processor time in hundredths of a second. */
const TICKS = 100;

/** What each living process has used. */
export function usageOf(pids: Pids): ReadonlyMap<string, Used> {
  const children = childrenByParent();
  const used = new Map<string, Used>();
  for (const [name, pid] of Object.entries(pids)) {
    const all = [pid];
    for (const one of all) all.push(...(children.get(one) ?? []));
    const parts = all.flatMap((one) => usedBy(one) ?? []);
    if (parts.length === 0) continue;
    used.set(name, {
      mb: parts.reduce((sum, { mb }) => sum + mb, 0),
      seconds: parts.reduce((sum, { seconds }) => sum + seconds, 0),
    });
  }
  return used;
}

/** Memory of each process, and its processor time since the last look, as one text. */
export function usageText(now: ReadonlyMap<string, Used>, before: ReadonlyMap<string, Used>): string {
  return [...now]
    .map(([name, { mb, seconds }]) => {
      const spent = seconds - (before.get(name)?.seconds ?? 0);
      return `${name} ${mb.toFixed(0)} MB ${spent.toFixed(1)} s`;
    })
    .join('\n');
}

function childrenByParent(): ReadonlyMap<number, readonly number[]> {
  const children = new Map<number, number[]>();
  for (const entry of procEntries()) {
    const fields = statOf(entry);
    if (fields === null) continue;
    const parent = Number(fields[1]);
    children.set(parent, [...(children.get(parent) ?? []), entry]);
  }
  return children;
}

function procEntries(): readonly number[] {
  return (unlessGone(() => readdirSync('/proc')) ?? []).map(Number).filter(Number.isInteger);
}

/** The fields after the name: state, parent, and so on (proc(5)). */
function statOf(pid: number): readonly string[] | null {
  const text = unlessGone(() => readFileSync(`/proc/${String(pid)}/stat`, 'utf8'));
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function usedBy(pid: number): Used | null {
  const fields = statOf(pid);
  const rollup = unlessGone(() => readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'utf8'));
  const kb = /^Pss:\s+(\d+)/m.exec(rollup ?? '')?.[1];
  if (fields === null || kb === undefined) return null;
  return { mb: Number(kb) / 1024, seconds: (Number(fields[11]) + Number(fields[12])) / TICKS };
}

/** Null if the process has ended, and on a system without /proc. */
function unlessGone<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT' || code === 'ESRCH') return null;
    throw error;
  }
}

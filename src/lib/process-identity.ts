/**
 * A process is its pid and its start: the system gives a pid alone to another process sooner or
 * later.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { errorCode } from './error-code';

/**
 * `started` is opaque and only compared for equality: the boot and the ticks since it on Linux, a
 * date elsewhere.
 */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** Linux shows its processes as files; other systems answer by `ps`. */
export const LINUX = process.platform === 'linux';

/** The environment for `ps`: its dates are compared, so they are always in one locale. */
export const PS_ENVIRONMENT: NodeJS.ProcessEnv = { LC_ALL: 'C', PATH: '/bin:/usr/bin' };

/** The identity of a running process; undefined if it does not run. A zombie has ended. */
export function identify(pid: number): ProcessIdentity | undefined {
  return LINUX ? fromProc(pid) : fromPs(pid);
}

/** True while exactly this process runs. */
export function isAlive({ pid, started }: ProcessIdentity): boolean {
  return identify(pid)?.started === started;
}

/**
 * One line of `/proc/<pid>/stat`. `fields` begins with the state, which is the 3rd field of the
 * line.
 */
export interface StatLine extends ProcessIdentity {
  /** The program's name, which the kernel cuts to 15 bytes. */
  readonly name: string;
  readonly fields: readonly string[];
}

/**
 * Reads a line of `/proc/<pid>/stat`; undefined for a process that has ended. The name may hold
 * spaces and parentheses.
 */
export function parseStat(line: string, boot: string): StatLine | undefined {
  const end = line.lastIndexOf(')');
  const fields = line.slice(end + 2).split(' ');
  const [state] = fields;
  const ticks = fields[START_FIELD];
  if (state === undefined || ticks === undefined || 'ZX'.includes(state)) return undefined;
  return {
    pid: parseInt(line, 10),
    started: `${boot}:${ticks}`,
    name: line.slice(line.indexOf('(') + 1, end),
    fields,
  };
}

/** The start is the 22nd field of the line. */
const START_FIELD = 22 - 3;

let boot: string | undefined;

/** The kernel's id of this boot, from which start times count. */
export function bootId(): string {
  boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  return boot;
}

function fromProc(pid: number): ProcessIdentity | undefined {
  try {
    const found = parseStat(readFileSync(`/proc/${String(pid)}/stat`, 'utf8'), bootId());
    return found && { pid, started: found.started };
  } catch (error) {
    // ESRCH: the process ended between opening and reading.
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

function fromPs(pid: number): ProcessIdentity | undefined {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: PS_ENVIRONMENT,
    });
    const [state = '', ...started] = line.trim().split(/\s+/);
    return state.startsWith('Z') || started.length === 0 ? undefined : { pid, started: started.join(' ') };
  } catch (error) {
    // `ps` ends with 1 if it finds no process.
    if (error instanceof Error && 'status' in error && error.status === 1) return undefined;
    throw error;
  }
}

/** The machine's process table. A pid alone is given to another process sooner or later, so a process is its pid and its start. */
import { execFile } from 'node:child_process';
import { readFile, readdir } from 'node:fs/promises';
import { promisify } from 'node:util';
import { errorCode } from '../error-code';

const run = promisify(execFile);
const LINUX = process.platform === 'linux';

/** `started` is opaque and compared for equality only: boot and ticks since it on Linux, a date elsewhere. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly started: string;
}

/** What the kernel says of a process; `stopped` by SIGSTOP. */
export interface ProcessStatus extends ProcessIdentity {
  readonly group: number;
  readonly stopped: boolean;
}

/** A process that runs or is stopped, else undefined: a zombie has ended. */
export async function lookUp(pid: number): Promise<ProcessStatus | undefined> {
  return LINUX ? fromProc(pid) : (await fromPs(['-p', String(pid)]))[0];
}

/** The process of exactly this identity, while it is there. */
export async function find(identity: ProcessIdentity): Promise<ProcessStatus | undefined> {
  const status = await lookUp(identity.pid);
  return status?.started === identity.started ? status : undefined;
}

/** Whether any process of a group is left. */
export async function groupIsEmpty(group: number): Promise<boolean> {
  if (!sendSignal(-group, 0)) return true;
  const all = LINUX ? await Promise.all((await processIds()).map(fromProc)) : await fromPs(['-A']);
  return !all.some((status) => status?.group === group);
}

/** Sends a signal to a process, or to the group `-pid`. False: there is none. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return false;
    throw error;
  }
}

/** The identity in the record that a starting agent writes of itself: its pid, its line of the process table, the boot. */
export function parseRecord(text: string): ProcessIdentity | undefined {
  const [pid, line, boot] = text.split('\n');
  if (!pid || !line || boot === undefined || !text.endsWith('\n')) return undefined;
  const started = LINUX ? parseStat(line, boot)?.started : line.trim().split(/\s+/).join(' ');
  return started === undefined ? undefined : { pid: Number(pid), started };
}

async function processIds(): Promise<number[]> {
  return (await readdir('/proc')).map(Number).filter(Number.isInteger);
}

async function fromProc(pid: number): Promise<ProcessStatus | undefined> {
  try {
    const line = await readFile(`/proc/${String(pid)}/stat`, 'utf8');
    const status = parseStat(line, await bootId());
    return status && waits(line) ? { ...status, stopped: await hasStoppedChild(pid) } : status;
  } catch (error) {
    // ESRCH: it ended between opening and reading.
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

/**
 * A process that is starting another (vfork) waits for it and cannot be stopped meanwhile; with the other one stopped it stands still
 * all the same. The kernel shows that as an uninterruptible wait.
 */
function waits(line: string): boolean {
  return line.startsWith('D', line.lastIndexOf(')') + 2);
}

async function hasStoppedChild(pid: number): Promise<boolean> {
  const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
  const statuses = await Promise.all(
    children
      .split(' ')
      .filter(Boolean)
      .map((child) => fromProc(Number(child))),
  );
  return statuses.some((status) => status?.stopped);
}

let boot: Promise<string> | undefined;

/** The kernel's id of this boot, as start times count from it. */
function bootId(): Promise<string> {
  boot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then((id) => id.trim());
  return boot;
}

/** A line of /proc/<pid>/stat. The name, 2nd, may hold spaces and parentheses; state is the 3rd field, group the 5th, start the 22nd. */
function parseStat(line: string, bootIs: string): ProcessStatus | undefined {
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, , group] = fields;
  const ticks = fields[19];
  if (state === undefined || ticks === undefined || 'ZX'.includes(state)) return undefined;
  return { pid: parseInt(line, 10), started: `${bootIs}:${ticks}`, group: Number(group), stopped: state === 'T' };
}

/** `ps` elsewhere, in the locale of the record that agents write. */
async function fromPs(which: string[]): Promise<ProcessStatus[]> {
  const columns = ['-o', 'pid=,pgid=,stat=,lstart='];
  const listed = await run('ps', [...columns, ...which], { env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' } }).catch(
    (error: unknown) => {
      if (errorCode(error) === 1) return { stdout: '' };
      throw error;
    },
  );
  return listed.stdout.split('\n').flatMap((line) => {
    const [pid, group, state, ...date] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z')) return [];
    return [{ pid: Number(pid), group: Number(group), started: date.join(' '), stopped: state.startsWith('T') }];
  });
}

/** The machine's process table. A pid alone is given to another process sooner or later, so a process is its pid and its start. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorCode } from '../../lib/error-code';
import { bootId, LINUX, parseStat, type ProcessIdentity, PS_ENVIRONMENT } from '../../lib/process-identity';

const run = promisify(execFile);

/** What the kernel says of a process. */
export interface ProcessStatus extends ProcessIdentity {
  readonly parent: number;
  readonly group: number;
  /** 0 where it is not known. */
  readonly session: number;
  /** By SIGSTOP. */
  readonly stopped: boolean;
  /** In a wait that no signal ends. A SIGSTOP that it has been sent takes effect before it runs again. */
  readonly waiting: boolean;
  /** The program's name, cut by the kernel to 15 bytes. */
  readonly name: string;
  /** Where the program and its environment are in memory: another one after every exec. Empty where it is not known. */
  readonly image: string;
}

/** What became of a signal: `forbidden` is a process of another user. */
export type Sent = 'sent' | 'gone' | 'forbidden';

/** A process that runs or is stopped, else undefined: a zombie has ended. */
export async function lookUp(pid: number): Promise<ProcessStatus | undefined> {
  const status = LINUX ? await fromProc(pid) : (await fromPs(['-p', String(pid)]))[0];
  return status?.waiting && LINUX ? { ...status, stopped: await hasStoppedChild(pid) } : status;
}

/** The process of exactly this identity, while it is there. */
export async function find(identity: ProcessIdentity): Promise<ProcessStatus | undefined> {
  const status = await lookUp(identity.pid);
  return status?.started === identity.started ? status : undefined;
}

/**
 * Every process of the machine. One that begins or ends while this reads may be missing. These files are memory: to read one at once takes
 * 20 µs, by the thread pool five times as much.
 */
export async function allProcesses(): Promise<ProcessStatus[]> {
  if (!LINUX) return fromPs(['-A']);
  const boot = bootId();
  const found: ProcessStatus[] = [];
  for (const [index, name] of (await readdir('/proc')).entries()) {
    if (index % AT_ONCE === 0) await nextTurn();
    if (!/^\d+$/.test(name)) continue;
    const line = readNow(`/proc/${name}/stat`)?.toString('utf8');
    const status = line === undefined ? undefined : statusIn(line, boot);
    if (status) found.push(status);
  }
  return found;
}

/** So many files are read before others have their turn: 2 ms. */
const AT_ONCE = 100;
/** It ended before or while it was read, or it is another user's. */
const UNREADABLE: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

/** A file of a process, at once; undefined for one that is gone or not ours to read. */
export function readNow(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (UNREADABLE.has(errorCode(error))) return undefined;
    throw error;
  }
}

/** Sends a signal to a process, or to the group `-pid`. */
export function sendSignal(pid: number, signal: NodeJS.Signals): Sent {
  try {
    process.kill(pid, signal);
    return 'sent';
  } catch (error) {
    if (errorCode(error) === 'ESRCH') return 'gone';
    if (errorCode(error) === 'EPERM') return 'forbidden';
    throw error;
  }
}

/** Sends a signal to exactly this process: its start is compared right before, as its pid may be another's by now. */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<Sent> {
  return (await find(identity)) ? sendSignal(identity.pid, signal) : 'gone';
}

/** The identity in the record that a starting agent writes of itself: its pid, its line of the process table, the boot. */
export function parseRecord(text: string): ProcessIdentity | undefined {
  const [pid, line, boot] = text.split('\n');
  if (!pid || !line || boot === undefined || !text.endsWith('\n')) return undefined;
  const started = LINUX ? parseStat(line, boot)?.started : line.trim().split(/\s+/).join(' ');
  return started === undefined ? undefined : { pid: Number(pid), started };
}

async function fromProc(pid: number): Promise<ProcessStatus | undefined> {
  try {
    return statusIn(await readFile(`/proc/${String(pid)}/stat`, 'utf8'), bootId());
  } catch (error) {
    // ESRCH: it ended between opening and reading.
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

/**
 * A process that starts another (vfork) waits for it and cannot be stopped before that; with the other one stopped it stands still
 * all the same. The kernel shows that as a wait that no signal ends.
 */
async function hasStoppedChild(pid: number): Promise<boolean> {
  const children = await childrenOf(pid);
  return (await Promise.all(children.map(lookUp))).some((child) => child?.stopped);
}

async function childrenOf(pid: number): Promise<number[]> {
  try {
    const children = await readFile(`/proc/${String(pid)}/task/${String(pid)}/children`, 'utf8');
    return children.split(' ').filter(Boolean).map(Number);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return [];
    throw error;
  }
}

/** When a process started, in epoch milliseconds; on Linux to a hundredth of a second. */
export async function startTimeOf({ started }: ProcessIdentity): Promise<number> {
  if (!LINUX) return Date.parse(started);
  const bootedAt = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1]);
  return (bootedAt + Number(started.split(':')[1]) / TICKS_PER_SECOND) * 1_000;
}

/** What the kernel shows to programs is the same on every architecture. */
const TICKS_PER_SECOND = 100;

/** What a line of /proc/<pid>/stat says: the places in memory are its 26th to 28th and its 45th to 51st field. */
function statusIn(line: string, boot: string): ProcessStatus | undefined {
  const found = parseStat(line, boot);
  if (!found) return undefined;
  const { pid, started, name, fields } = found;
  const [state, parent, group, session] = fields;
  return {
    pid,
    started,
    name,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    stopped: state === 'T',
    waiting: state === 'D',
    image: [...fields.slice(23, 26), ...fields.slice(42, 49)].join(' '),
  };
}

/** `ps` elsewhere, in the locale of the record that agents write. */
async function fromPs(which: string[]): Promise<ProcessStatus[]> {
  const columns = ['-o', 'pid=,ppid=,pgid=,stat=,lstart=,ucomm='];
  const listed = await run('ps', [...columns, ...which], { env: PS_ENVIRONMENT }).catch((error: unknown) => {
    if (errorCode(error) === 1) return { stdout: '' };
    throw error;
  });
  return listed.stdout.split('\n').flatMap((line) => {
    const [pid, parent, group, state, ...rest] = line.trim().split(/\s+/);
    if (state === undefined || state.startsWith('Z')) return [];
    return [
      {
        pid: Number(pid),
        started: rest.slice(0, DATE_WORDS).join(' '),
        parent: Number(parent),
        group: Number(group),
        session: 0,
        stopped: state.startsWith('T'),
        waiting: state.startsWith('U'),
        name: rest.slice(DATE_WORDS).join(' '),
        image: '',
      },
    ];
  });
}

/** `Mon Jan  1 00:00:00 2026`. */
const DATE_WORDS = 5;

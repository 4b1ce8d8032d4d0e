/** The machine's process table. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { errorCode } from '../../lib/error-code';
import { bootId, LINUX, parseStat, type ProcessIdentity, PS_ENVIRONMENT } from '../../lib/process-identity';

const run = promisify(execFile);

/** A process, as the kernel describes it. */
export interface ProcessStatus extends ProcessIdentity {
  readonly parent: number;
  readonly group: number;
  /** 0 if it is not known. */
  readonly session: number;
  /** True if SIGSTOP has stopped it. */
  readonly stopped: boolean;
  /** True in a wait that no signal ends. A pending SIGSTOP takes effect before it runs again. */
  readonly waiting: boolean;
  /** The program's name, which the kernel cuts to 15 bytes. */
  readonly name: string;
  /**
   * Addresses of the program and its environment in memory, which change with every exec. Empty if
   * not known.
   */
  readonly image: string;
}

/** The result of a signal. `forbidden`: the process belongs to another user. */
export type Sent = 'sent' | 'gone' | 'forbidden';

/** A running or stopped process; undefined if it has ended. A zombie has ended. */
export async function lookUp(pid: number): Promise<ProcessStatus | undefined> {
  const status = LINUX ? await fromProc(pid) : (await fromPs(['-p', String(pid)]))[0];
  return status?.waiting && LINUX ? { ...status, stopped: await hasStoppedChild(pid) } : status;
}

/** The process of exactly this identity; undefined if it has ended. */
export async function find(identity: ProcessIdentity): Promise<ProcessStatus | undefined> {
  const status = await lookUp(identity.pid);
  return status?.started === identity.started ? status : undefined;
}

/**
 * Every process of the machine. A process that starts or ends during the read may be missing. These
 * files are in memory: a synchronous read takes 20 µs, the thread pool five times as much.
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

/** How many files are read before the event loop gets its turn: 2 ms. */
const AT_ONCE = 100;
/** Error codes for a process that has ended, or that belongs to another user. */
const UNREADABLE: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

/**
 * Reads a file of a process synchronously; undefined if the process has ended or belongs to another
 * user.
 */
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

/**
 * Sends a signal to exactly this process. It compares the start right before, as another process
 * may have the pid by now.
 */
export async function signalProcess(identity: ProcessIdentity, signal: NodeJS.Signals): Promise<Sent> {
  return (await find(identity)) ? sendSignal(identity.pid, signal) : 'gone';
}

/**
 * Parses the record that a starting agent writes: its pid, its line of the process table, the boot.
 */
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
    // ESRCH: the process ended between opening and reading.
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH') return undefined;
    throw error;
  }
}

/**
 * A process in vfork waits for its child and cannot be stopped before the child runs. With a
 * stopped child it does not run either. The kernel shows this as a wait that no signal ends.
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

/** The start of a process in epoch milliseconds; on Linux to a hundredth of a second. */
export async function startTimeOf({ started }: ProcessIdentity): Promise<number> {
  if (!LINUX) return Date.parse(started);
  const bootedAt = Number(/^btime (\d+)$/m.exec(await readFile('/proc/stat', 'utf8'))?.[1]);
  return (bootedAt + Number(started.split(':')[1]) / TICKS_PER_SECOND) * 1_000;
}

/** The kernel's unit for programs, the same on every architecture. */
const TICKS_PER_SECOND = 100;

/**
 * The facts in a line of /proc/<pid>/stat: the places in memory are its 26th to 28th and its 45th to
 * 51st field.
 */
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

/** Reads processes by `ps`, in the locale of the record that agents write. */
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

/** Words of a date such as `Mon Jan  1 00:00:00 2026`. */
const DATE_WORDS = 5;

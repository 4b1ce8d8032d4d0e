/** The whole process table at one moment, with the marks that Drover gives to its agents. */
import { AGENT_ENV } from '../../contract/protocol';
import { LINUX } from '../../lib/process-identity';
import { type ProcessStatus, allProcesses, readNow } from './table';

/** The owner of a process, from the environment that it was started with. */
export interface Marks {
  readonly key: string;
  readonly instanceId: string;
  readonly fleet: string;
  readonly agent: string;
}

/** A process. `marks` is undefined if its environment has none or cannot be read. */
export interface MarkedProcess extends ProcessStatus {
  readonly marks: Marks | undefined;
}

let current: Promise<MarkedProcess[]> | undefined;
let next: Promise<MarkedProcess[]> | undefined;

/**
 * Reads every process after this call. Reading takes a few milliseconds per hundred processes, so
 * callers that arrive during a read share the next one.
 */
export function snapshot(): Promise<readonly MarkedProcess[]> {
  if (current === undefined) return (current = read());
  next ??= current
    .catch(() => [])
    .then(() => {
      next = undefined;
      return (current = read());
    });
  return next;
}

async function read(): Promise<MarkedProcess[]> {
  try {
    const table = (await allProcesses()).map((status) => ({ ...status, marks: marksOf(status) }));
    forget(table);
    return table;
  } finally {
    current = undefined;
  }
}

/** Marks from earlier reads, by process: an environment changes only by an exec. */
const remembered = new Map<number, { readonly program: string; readonly marks: Marks | undefined }>();

/**
 * The marks in a process's environment; undefined on other systems than Linux, and for another
 * user's process.
 */
function marksOf({ pid, started, image }: ProcessStatus): Marks | undefined {
  if (!LINUX) return undefined;
  const program = `${started} ${image}`;
  const before = remembered.get(pid);
  if (before?.program === program) return before.marks;
  const environment = readNow(`/proc/${String(pid)}/environ`);
  const marks = environment?.includes(`${AGENT_ENV.key}=`) ? parseMarks(environment.toString('utf8')) : undefined;
  remembered.set(pid, { program, marks });
  return marks;
}

function forget(table: readonly ProcessStatus[]): void {
  const alive = new Set(table.map(({ pid }) => pid));
  for (const pid of remembered.keys()) if (!alive.has(pid)) remembered.delete(pid);
}

function parseMarks(environment: string): Marks | undefined {
  const variables = environment.split('\0');
  const valueOf = (name: string): string =>
    variables.find((variable) => variable.startsWith(`${name}=`))?.slice(name.length + 1) ?? '';
  const key = valueOf(AGENT_ENV.key);
  if (key === '') return undefined;
  const [instanceId, fleet, agent] = [AGENT_ENV.instance, AGENT_ENV.fleet, AGENT_ENV.agent].map(valueOf);
  return { key, instanceId: instanceId ?? '', fleet: fleet ?? '', agent: agent ?? '' };
}

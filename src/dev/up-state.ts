/**
 * The lock of `drover up` in a state directory, and `up.json`, by which commands in that directory
 * find it.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DroverError } from '../contract/errors';
import { FileProblem, parseKept, readKept, replaceFile } from '../lib/kept-file';
import { claim, owned } from './claim';
import { identify, isAlive } from '../lib/process-identity';

/** The content of `up.json`. Addresses are host:port for Temporal, and URLs for the others. */
export interface UpState {
  readonly pid: number;
  readonly temporal: string;
  readonly namespace: string;
  readonly gateway: string;
  readonly webUi: string | null;
  readonly tokenFile: string;
}

const lockFile = (folder: string) => join(folder, 'up.lock');
const upFile = (folder: string) => join(folder, 'up.json');

/**
 * Makes this process the only `drover up` of the directory; throws with the address of another one.
 */
export function lockStateDirectory(folder: string): void {
  const me = identify(process.pid);
  if (!me) throw new Error('cannot read the start time of this process');
  if (!claim(lockFile(folder), me)) throw new DroverError('ChangeInProgress', describeOther(folder));
}

/** Removes the lock and `up.json`. */
export function unlockStateDirectory(folder: string): void {
  rmSync(upFile(folder), { force: true });
  rmSync(lockFile(folder), { force: true });
}

/** Writes where `drover up` runs. Only the process with the lock may call this. */
export function writeUpState(folder: string, state: UpState): void {
  replaceFile(upFile(folder), `${JSON.stringify(state, null, 2)}\n`);
}

/**
 * Where the running `drover up` of a directory is; undefined if none runs, even if an old file
 * exists. `FileProblem` for a damaged file of a running one.
 */
export function readUpState(folder: string): UpState | undefined {
  const content = readKept(upFile(folder));
  const owner = owned(lockFile(folder));
  if (content === undefined || !owner || !isAlive(owner)) return undefined;
  const state = parseKept(upFile(folder), content, parseUpState);
  return state.pid === owner.pid ? state : undefined;
}

function parseUpState(value: unknown): UpState | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, temporal, namespace, gateway, webUi, tokenFile } = value as Partial<Record<keyof UpState, unknown>>;
  const isWhole =
    typeof pid === 'number' &&
    typeof temporal === 'string' &&
    typeof namespace === 'string' &&
    typeof gateway === 'string' &&
    (webUi === null || typeof webUi === 'string') &&
    typeof tokenFile === 'string';
  return isWhole ? { pid, temporal, namespace, gateway, webUi, tokenFile } : undefined;
}

/**
 * Describes the other `drover up` for a message; a damaged `up.json` only leaves out its address.
 */
function describeOther(folder: string): string {
  const up = whereItIs(folder);
  const pid = up?.pid ?? owned(lockFile(folder))?.pid;
  const where = up
    ? `: gateway ${up.gateway}, Temporal ${up.temporal}${up.webUi ? `, Web UI ${up.webUi}` : ''}`
    : ', still starting';
  return `drover up already runs in ${folder} (process ${pid ?? 'unknown'})${where}.`;
}

function whereItIs(folder: string): UpState | undefined {
  try {
    return readUpState(folder);
  } catch (error) {
    if (error instanceof FileProblem) return undefined;
    throw error;
  }
}

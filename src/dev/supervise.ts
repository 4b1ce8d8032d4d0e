/** Programs that end with the process that started them, and why one did not start. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { dirname, join, resolve } from 'node:path';
import { isDiskFull } from '../lib/disk';
import { problem, readKept } from '../lib/kept-file';

/** Any supervised process, such as the time-skipping server of the tests. */
export interface Supervised {
  readonly pid: number;
  readonly stop: () => Promise<void>;
  readonly exited: Promise<string>;
  /** False as soon as the process has ended. */
  readonly running: () => boolean;
}

/** A failed start that another one may repair: the server chooses ports of its own. */
export const PORT_TAKEN = 'another program took one of its ports during the start. Start again.';

/** Starts a program under the supervisor, so that it ends with this process, even after kill -9. */
export async function supervise(
  binary: string,
  args: readonly string[],
  {
    logFile,
    supervisor = join(__dirname, 'supervisor.js'),
    cwd = process.cwd(),
  }: { readonly logFile: string; readonly supervisor?: string; readonly cwd?: string },
): Promise<Supervised> {
  if (!existsSync(binary)) throw new Error(`No binary at ${binary}.`);
  const log = openLog(logFile);
  const child = spawn(process.execPath, [resolve(supervisor), resolve(binary), ...args], {
    cwd,
    stdio: ['pipe', 'pipe', log],
    detached: true,
  });
  closeSync(log);
  let running = true;
  const exited = new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      running = false;
      resolve(`${binary} ended with ${signal ?? code}; its log is ${logFile}`);
    });
  });
  const pid = await Promise.race([firstLine(child).then(Number), exited.then(() => Number.NaN)]);
  const stop = async () => {
    child.stdin?.end();
    await exited;
  };
  if (!Number.isInteger(pid)) throw new Error(`${binary} did not start: ${explain(logFile, binary)}`);
  return { pid, stop, exited, running: () => running };
}

function openLog(logFile: string): number {
  try {
    return openSync(logFile, 'w', 0o600);
  } catch (error) {
    throw problem(logFile, 'written', error);
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('the supervisor has no output');
  for await (const line of createInterface({ input: child.stdout })) return line;
  return '';
}

/** Says that a disk is full, and what to do. */
export function diskFull(file: string): string {
  return `the disk that holds ${file} is full. Make room and start again.`;
}

/** The reason from the log, as one sentence that says what to do. */
export function explain(logFile: string, file: string): string {
  const log = (readKept(logFile) ?? '').slice(-8_000);
  if (/version mismatch|newer version|incompatible.*version|no such column/i.test(log)) {
    return `${file} was written by another version of Temporal than this one. Use that version (DROVER_TEMPORAL), or move the file away to start from scratch.`;
  }
  // A full disk has no room for a log that says so.
  if (/database or disk is full|no space left on device/i.test(log) || isDiskFull(dirname(logFile))) {
    return diskFull(file);
  }
  if (/address already in use/i.test(log)) return PORT_TAKEN;
  if (/not a database|malformed/i.test(log))
    return `${file} is damaged or not a database. Move it away to start from scratch.`;
  if (/no such table/i.test(log)) {
    return `${file} is empty or incomplete. Move it away to start from scratch, without the fleets that it may have held.`;
  }
  if (/unable to open database/i.test(log)) return `${file} cannot be opened. Is it a file, and does this user own it?`;
  if (/read-?only/i.test(log)) return `${file} cannot be written: the file or its file system is read-only.`;
  if (/database is locked/i.test(log)) return `${file} is in use by another server.`;
  return `the end of its log (${logFile}) is:\n${log.trim().split('\n').slice(-5).join('\n')}`;
}

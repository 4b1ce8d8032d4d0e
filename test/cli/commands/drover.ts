/** The real command, as a process of its own. `npm test` builds dist/ first. */
import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import type { UpState } from '../../../src/dev/up-state';
import { until } from '../../../src/lib/until';
import { sendSignal } from '../../../src/providers/process/table';
import { PATIENCE_MS } from '../../support/patience';

const BIN = join(__dirname, '../../../bin/drover.js');
/** The example's folder: its agents are real programs. */
const MARS = join(__dirname, '../../../examples/mars');

/** How a command ended. `code` is 128 and more after a signal, as in a shell. */
export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command that still runs. */
export interface Running {
  readonly process: ChildProcess;
  readonly output: { stdout: string; stderr: string };
  readonly ended: Promise<Ended>;
}

/** The test's own environment without what would lead a command elsewhere. */
export function environmentOf(more: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:DROVER_(?!CACHE|TEMPORAL)|TEMPORAL_|JEST|NODE_OPTIONS)/.test(name),
  );
  return { ...Object.fromEntries(own), ...more };
}

const started = new Set<ChildProcess>();

/** Ends every command that a failed test left behind, and the agents of a folder. */
export async function endAll(folder: string): Promise<void> {
  for (const child of started) child.kill('SIGKILL');
  for (const pid of processesOf(folder)) sendSignal(pid, 'SIGKILL');
  await until(() => processesOf(folder).length === 0 || undefined, PATIENCE_MS);
}

/** Starts a command. */
export function start(args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}): Running {
  return follow(
    spawn(process.execPath, [BIN, ...args], { cwd, env: environmentOf(env), stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

/** Starts a command on a terminal of its own (util-linux's `script`); `press` types. Everything that it shows is `stdout`. */
export function startOnTerminal(args: readonly string[], cwd: string): Running & { press(keys: string): void } {
  const line = [process.execPath, BIN, ...args].map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const child = spawn('script', ['-qefc', `stty cols 120; exec ${line}`, '/dev/null'], {
    cwd,
    env: { ...environmentOf({ TERM: 'xterm' }), SHELL: '/bin/sh' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  return { ...follow(child), press: (keys) => child.stdin.write(keys) };
}

function follow(child: ChildProcessByStdio<Writable | null, Readable, Readable>): Running {
  started.add(child);
  child.once('close', () => started.delete(child));
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code: code ?? (signal === 'SIGKILL' ? 137 : 128), ...output }));
  });
  return { process: child, output, ended };
}

/** Runs a command to its end. */
export function drover(
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return start(args, cwd, env).ended;
}

/** A folder of its own; `remove` ends all processes that still run there. */
export function temporaryFolder(): { readonly path: string; readonly remove: () => Promise<void> } {
  const path = mkdtempSync(join(tmpdir(), 'drover-cli-'));
  const remove = async () => {
    await endAll(path);
    rmSync(path, { recursive: true, force: true });
  };
  return { path, remove };
}

/** Starts `drover up` and waits until it has said what to try next. */
export async function startUp(
  cwd: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<Running & { readonly where: UpState }> {
  const running = start(['up', ...args], cwd, env);
  let over = false;
  void running.ended.then(() => (over = true));
  const ready = await until(() => over || running.output.stderr.includes('Try next') || undefined, PATIENCE_MS);
  if (!ready || over) throw new Error(`drover up did not come up:\n${running.output.stderr}\n${running.output.stdout}`);
  return { ...running, where: JSON.parse(readFileSync(join(cwd, '.drover/up.json'), 'utf8')) as UpState };
}

/** The state letter of a process in /proc; undefined without such a process. */
export function processState(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0];
  } catch {
    return undefined;
  }
}

/** Whether nothing of a process is left but, at most, an entry that its parent has not looked at. */
export function isGone(pid: number): boolean {
  const state = processState(pid);
  return state === undefined || state === 'Z' || state === 'X';
}

/** The example's fleet file under another name, with its agents where they are, in a folder of the test. */
export function marsFile(folder: string, name: string, change: (text: string) => string = (text) => text): string {
  const text = readFileSync(join(MARS, 'fleet.yaml'), 'utf8')
    .replace('{name: mars}', `{name: ${name}}`)
    .replaceAll('process: {command', `process: {cwd: ${JSON.stringify(MARS)}, command`);
  const path = join(folder, `${name}.yaml`);
  writeFileSync(path, change(text));
  return path;
}

/** What was started for a folder and lives: processes in it or that name it in their command line, and agents that its gateway is for. */
export function processesOf(folder: string): number[] {
  const ports = join(folder, '.drover/ports.json');
  const gateway = existsSync(ports)
    ? (JSON.parse(readFileSync(ports, 'utf8')) as { gateway: number }).gateway
    : undefined;
  const isOurs = (pid: number) =>
    isIn(pid, folder) ||
    procText(pid, 'cmdline').includes(folder) ||
    (gateway !== undefined &&
      procText(pid, 'environ').includes(`DROVER_GATEWAY=http://127.0.0.1:${String(gateway)}\0`));
  const pids = readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
  return pids.filter((pid) => pid !== process.pid && isOurs(pid) && !isGone(pid));
}

/** Whether the process works in the folder, as a command that a terminal has left behind. */
function isIn(pid: number, folder: string): boolean {
  try {
    return `${readlinkSync(`/proc/${String(pid)}/cwd`)}/`.startsWith(`${folder}/`);
  } catch {
    return false;
  }
}

function procText(pid: number, file: 'cmdline' | 'environ'): string {
  try {
    return readFileSync(`/proc/${String(pid)}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

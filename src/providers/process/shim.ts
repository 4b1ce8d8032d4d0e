/**
 * The small shell that leads an agent's process group. It outlives the worker, so it records the
 * exit code even without a worker. It is not the agent, so a signal to the group does not end it
 * before it has written that code.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { providerError } from '../provider';

/**
 * Waits for `go`, which never comes if the worker died before it recorded this instance. Then it
 * runs the agent in the foreground (in the background the agent would ignore SIGINT), writes the
 * exit code to a file and a notice for the worker, and kills what remains in the cgroup and the group. Signals are trapped, not
 * ignored, as the agent would inherit that. No agent's environment has variables of these names.
 */
const LEADER = `read -r _drover_word || exit 0
[ "$_drover_word" = go ] || exit 0
exec </dev/null
_drover_record=$1 _drover_exit=$2 _drover_cgroup=$3 _drover_notice=$4 _drover_agent=$5; shift 5
trap : HUP INT QUIT TERM
/bin/sh -c "$_drover_agent" drover-agent "$_drover_record" "$@"
printf '%s\\n' "$?" >"$_drover_exit"
printf '' 2>/dev/null >"$_drover_notice"
[ -z "$_drover_cgroup" ] || printf 1 2>/dev/null >"$_drover_cgroup/cgroup.kill"
kill -s KILL 0
`;

/**
 * Records itself with its start time before it becomes the agent, so that no agent runs without a
 * record.
 */
const AGENT = `_drover_record=$1; shift
if [ -r /proc/$$/stat ]; then read -r _drover_line </proc/$$/stat; read -r _drover_boot </proc/sys/kernel/random/boot_id
else _drover_line=$(LC_ALL=C ps -o lstart= -p $$); _drover_boot=; fi
printf '%s\\n%s\\n%s\\n' "$$" "$_drover_line" "$_drover_boot" >"$_drover_record" || exit 126
unset PWD OLDPWD SHLVL
exec "$@"
`;

/** Settings of the shell for one instance; `log` is an open file. */
export interface ShimOptions {
  readonly title: string;
  readonly record: string;
  readonly exit: string;
  /** The notice of the end for the worker (endings.ts). */
  readonly notice: string;
  /** Path of the agent's cgroup; empty if it has none. */
  readonly cgroup: string;
  readonly log: number;
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A leader that waits for `go`. */
export interface Leader {
  readonly pid: number;
  /** Resolves when the shell itself has ended, also when it was killed. */
  readonly gone: Promise<unknown>;
  /** Starts the agent. */
  go(): Promise<void>;
  /** Ends the leader unless it has got `go`, and returns when it has ended. */
  dismiss(): Promise<void>;
}

/** Starts a leader in its own session and group; it does nothing until `go`. */
export async function startLeader(options: ShimOptions): Promise<Leader> {
  const { title, record, exit, cgroup, notice, log, command, cwd, env } = options;
  const child = spawn('/bin/sh', ['-c', LEADER, `drover:${title}`, record, exit, cgroup, notice, AGENT, ...command], {
    cwd,
    env,
    detached: true,
    stdio: ['pipe', log, log],
  });
  await once(child, 'spawn').catch((cause: unknown) => {
    throw providerError(`${title}: /bin/sh could not be started in ${cwd}: ${String(cause)}`, { cause });
  });
  if (child.pid === undefined) throw providerError(`${title}: /bin/sh started without a pid`);
  child.unref();
  const gone = once(child, 'exit');
  let told = false;
  return {
    pid: child.pid,
    gone,
    go: async () => {
      told = true;
      await say(child, 'go\n');
    },
    dismiss: async () => {
      if (told) return;
      await say(child, '');
      await gone;
    },
  };
}

/** Sends the last word to a leader. If the leader has already ended, its record shows that. */
async function say(child: ChildProcess, word: string): Promise<void> {
  const { stdin } = child;
  if (stdin === null) return;
  await new Promise<void>((resolve) => {
    stdin.once('error', () => resolve());
    stdin.end(word, () => resolve());
  });
}

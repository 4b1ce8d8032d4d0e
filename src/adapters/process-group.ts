/**
 * A program with everything that it starts: it leads a process group of its own, which is signalled
 * and ended as a whole.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { hasCode } from '../lib/error-code';

/** How a program ended: one of the two is null. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Time to end after SIGTERM: below the 8 s that an agent has, of which the turn takes the rest. */
const TERM_MS = 2_000;
/**
 * How long output is read after the program has ended. A child in a session of its own may keep the
 * pipe open for ever; what the program wrote itself is there at once.
 */
const DRAIN_MS = 1_000;

const running = new Set<ProcessGroup>();

/** No program outlives its adapter. SIGKILL of the adapter itself is the host's to notice. */
process.on('exit', () => {
  for (const group of running) group.signal('SIGKILL');
});

/** A running program and its children. */
export class ProcessGroup {
  readonly pid: number;
  readonly streams: Pick<ChildProcessWithoutNullStreams, 'stdin' | 'stdout' | 'stderr'>;
  /** Resolves when the program has ended and its output has been read. */
  readonly ended: Promise<Exit>;
  private exit: Exit | undefined;

  private constructor(child: ChildProcessWithoutNullStreams, pid: number) {
    this.pid = pid;
    this.streams = child;
    // A program may end without reading its input.
    child.stdin.on('error', () => undefined);
    this.ended = this.follow(child);
  }

  /** Starts a program. Rejects with the system's error if it cannot be started. */
  static async start(
    command: readonly string[],
    options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
  ): Promise<ProcessGroup> {
    const [program = '', ...rest] = command;
    const child = spawn(program, rest, { ...options, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    await once(child, 'spawn');
    if (child.pid === undefined) throw new Error(`${program} started without a pid`);
    const group = new ProcessGroup(child, child.pid);
    running.add(group);
    return group;
  }

  /** Signals every process of the group; nothing if all have ended. */
  signal(name: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, name);
    } catch (error) {
      // EPERM: the rest of the group has ended and is not collected yet (macOS).
      if (!hasCode(error, 'ESRCH') && !hasCode(error, 'EPERM')) throw error;
    }
  }

  /** Asks all of it to end, and kills what is left after 2 s. */
  async end(): Promise<void> {
    if (this.exit !== undefined) return;
    this.signal('SIGTERM');
    await Promise.race([this.ended, pause(TERM_MS, undefined, { ref: false })]);
    this.signal('SIGKILL');
    await this.ended;
  }

  private async follow(child: ChildProcessWithoutNullStreams): Promise<Exit> {
    const closed = Promise.all([child.stdout, child.stderr].map(closing));
    const [code, signal] = (await once(child, 'exit')) as [Exit['code'], Exit['signal']];
    this.exit = { code, signal };
    // Children that outlive the program end with its turn.
    this.signal('SIGKILL');
    running.delete(this);
    const limit = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream.destroy()), DRAIN_MS);
    await closed;
    clearTimeout(limit);
    return this.exit;
  }
}

/** Resolves when an output is closed, also where its reader has given it up because of what it read. */
function closing(stream: Readable): Promise<void> {
  stream.on('error', () => undefined);
  return new Promise((resolve) => stream.once('close', () => resolve()));
}

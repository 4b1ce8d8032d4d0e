/** An agent of a test that is a real process. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Heartbeat } from '../../contract/agent';
import type { WakeCall } from '../../contract/activities';
import { DroverError } from '../../contract/errors';
import { monotonicMs } from '../../lib/clock';
import { hasCode } from '../../lib/error-code';
import { type HttpAnswer, type HttpCall, httpCall } from '../../providers/http-call';
import type { ProcessCommand } from './definitions';
import type { Instance } from './instance';

/** Dependencies of the process, beside its own settings. */
export interface ProcessSurroundings {
  /** `PATH` and other variables of the test, then Drover's variables for this instance. */
  readonly environment: Readonly<Record<string, string>>;
  /** Called when the process ends by itself, with its exit code and the end of its output. */
  readonly ended: (exitCode: number, output: string) => void;
}

/** How long an agent may take to end before it is killed, as in production. */
const GRACE_MS = 10_000;
/** Without a beat for so long in real time, a process is silent: it misses two beats and more. */
const SILENT_AFTER_MS = 15_000;
/** How much of its output an error shows. */
const OUTPUT_CHARACTERS = 4_000;

/** A running process of an agent. It beats to the gateway of the test. */
export class ProcessInstance implements Instance {
  readonly instanceId: string;
  readonly call = (call: HttpCall): Promise<HttpAnswer> => httpCall(call);
  readonly #process: ChildProcess;
  readonly #exited: Promise<unknown>;
  #beat: Heartbeat | null = null;
  #beatAt = 0;
  #isStopped = false;
  #isSilent = false;
  #isEnding = false;
  #hasExited = false;
  #output = '';

  private constructor(instanceId: string, child: ChildProcess, ended: ProcessSurroundings['ended']) {
    this.instanceId = instanceId;
    this.#process = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#output = (this.#output + text).slice(-OUTPUT_CHARACTERS);
      });
    }
    this.#exited = once(child, 'close').then(([code]) => {
      this.#hasExited = true;
      if (!this.#isEnding) ended(typeof code === 'number' ? code : 1, this.#output.trim());
    });
  }

  /** Starts the process of a wake. */
  static async start(
    call: WakeCall,
    { command, cwd, env }: ProcessCommand,
    { environment, ended }: ProcessSurroundings,
  ): Promise<ProcessInstance> {
    const { process: spec } = call.spec;
    const folder = cwd ?? spec?.cwd;
    const options = {
      env: { ...environment, ...spec?.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'],
      ...(folder === undefined ? {} : { cwd: folder }),
    };
    const [program = '', ...args] = command;
    for (const name of program === 'python' ? ['python', 'python3'] : [program]) {
      const child = spawn(name, args, options);
      try {
        await once(child, 'spawn');
        return new ProcessInstance(call.instanceId, child, ended);
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
      }
    }
    throw new DroverError('ProviderError', `serve: unknown command ${program}${folder ? ` (in ${folder})` : ''}`, {
      permanent: true,
    });
  }

  get pid(): number | null {
    return this.#process.pid ?? null;
  }

  get endpoint(): string {
    return (this.#beat?.endpoint ?? '').replace(/\/+$/, '');
  }

  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** Whether it prepares itself in real time: it runs, and has not said yet that it takes turns. */
  get isStarting(): boolean {
    const isPreparing = this.#beat === null || this.#beat.status === 'starting';
    return isPreparing && !this.#hasExited && !this.#isStopped && !this.#isEnding;
  }

  /** Takes the content of a beat that the process has sent, at a time of the monotonic clock. */
  heard(beat: Heartbeat, at: number): void {
    this.#beat = beat;
    this.#beatAt = at;
  }

  /** The process has sent a beat like the last one. */
  beats(at: number): void {
    this.#beatAt = at;
  }

  pulse(): Pick<Heartbeat, 'status' | 'endpoint'> | null {
    if (this.#beat === null || this.#isStopped || this.#isEnding) return null;
    if (monotonicMs() - this.#beatAt > SILENT_AFTER_MS) return null;
    const { status, endpoint } = this.#beat;
    return { status, ...(endpoint === undefined ? {} : { endpoint }) };
  }

  async start(): Promise<void> {
    // It says by its beats when it can take turns.
  }

  freeze(): void {
    this.#isStopped = true;
    this.#process.kill('SIGSTOP');
  }

  thaw(): void {
    this.#isStopped = false;
    this.#process.kill('SIGCONT');
  }

  silence(): void {
    this.#isSilent = true;
    this.freeze();
  }

  async end(): Promise<void> {
    this.#isEnding = true;
    if (this.#isStopped) this.thaw();
    this.#process.kill('SIGTERM');
    const limit = setTimeout(() => this.#process.kill('SIGKILL'), GRACE_MS);
    await this.#exited;
    clearTimeout(limit);
  }
}

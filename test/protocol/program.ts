/**
 * A program of the conformance suite: started with the variables of an agent against a gateway of
 * the suite, and called as Drover calls it (docs/protocol.md).
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { FakeGateway } from '../agent/gateway';
import { turnRequest } from '../agent/turn-request';
import type { TurnRequest } from '../../src/contract/agent/turns';
import { until } from '../../src/lib/until';
import { PATIENCE_MS } from '../support/patience';

export const TOKEN = 'token-of-the-conformance-suite';

/** The answer of an agent to a call: a status and a JSON value. */
export interface Answered {
  readonly status: number;
  readonly body: unknown;
}

/** How Drover reaches an agent: at its endpoint, or through the gateway that the agent polls. */
export type Mode = 'push' | 'pull';

/** Options of a call. `token` null sends none. */
interface CallOptions {
  readonly token?: string | null;
  readonly raw?: string;
}

/** A running program and its gateway. */
export class Program {
  readonly gateway: FakeGateway;
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals | null>;
  readonly #mode: Mode;
  readonly #child: ChildProcess;
  #output = '';
  #turns = 0;

  private constructor(command: string, mode: Mode, gateway: FakeGateway, more: Readonly<Record<string, string>>) {
    this.gateway = gateway;
    this.#mode = mode;
    this.#child = spawn(command, {
      shell: true,
      // The shell is replaced by the program in most cases; a group ends both.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env['PATH'],
        DROVER_GATEWAY: gateway.url,
        DROVER_FLEET: 'mars',
        DROVER_AGENT: 'A',
        DROVER_TOKEN: TOKEN,
        DROVER_INSTANCE: 'instance-1',
        DROVER_PULL: mode === 'pull' ? '1' : '',
        ...more,
      },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (text) => (this.#output += String(text)));
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('close', (code, signal) => resolve(code ?? signal));
    });
  }

  /** Starts the program and waits until it is ready. */
  static async start(command: string, mode: Mode, more: Readonly<Record<string, string>> = {}): Promise<Program> {
    const gateway = await new FakeGateway().listen();
    const program = new Program(command, mode, gateway, more);
    const isReady = () => gateway.beats.some(({ status }) => status === 'ready') || undefined;
    const isOver = program.ended.then((end) => `it ended with ${String(end)}`);
    const ready = until(isReady, PATIENCE_MS).then((found) => (found ? null : 'it sends no beat "ready"'));
    const problem = await Promise.race([ready, isOver]);
    if (problem === null) return program;
    await program.kill();
    throw new Error(`${command}: ${problem}:\n${program.#output}`);
  }

  /** Its output. */
  get output(): string {
    return this.#output;
  }

  /** The endpoint of its newest beat. */
  get endpoint(): string {
    return this.gateway.beats.findLast(({ endpoint }) => endpoint !== undefined)?.endpoint ?? '';
  }

  /** Makes a call of Drover to the agent. */
  async call(method: string, path: string, body?: unknown, options: CallOptions = {}): Promise<Answered> {
    if (this.#mode === 'pull') return this.gateway.ask(method, path, body);
    const { token = TOKEN, raw } = options;
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const answer = await fetch(this.endpoint + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await answer.text();
    return { status: answer.status, body: text === '' ? null : JSON.parse(text) };
  }

  /** Asks a turn with this task; with a new id unless given. */
  turn(task: unknown, change: Partial<TurnRequest> = {}): Promise<Answered> {
    this.#turns += 1;
    const turnId = `run-1/0/${String(this.#turns)}`;
    return this.call('POST', '/turn', turnRequest({ turnId, task, input: { kind: 'task', value: task }, ...change }));
  }

  /** The value of a turn that ends with `final`. */
  async final(task: unknown, change: Partial<TurnRequest> = {}): Promise<unknown> {
    const { status, body } = await this.turn(task, change);
    if (status !== 200 || typeof body !== 'object' || body === null || !('response' in body))
      throw new Error(`expected a reply "final", got ${String(status)} ${JSON.stringify(body)}`);
    return body.response;
  }

  /** The notes of the program about calls without an answer: see `seen` in docs/protocol.md. */
  async seen(): Promise<readonly Readonly<Record<string, unknown>>[]> {
    return (await this.final({ do: 'seen' })) as readonly Readonly<Record<string, unknown>>[];
  }

  /** Waits until it has noted something. */
  async hasSeen(note: Readonly<Record<string, unknown>>): Promise<void> {
    const wanted = JSON.stringify(note);
    const found = await until(async () => {
      const notes = await this.seen();
      return notes.some((seen) => JSON.stringify(seen) === wanted) || undefined;
    }, PATIENCE_MS);
    if (!found) throw new Error(`it has not noted ${wanted}:\n${JSON.stringify(await this.seen())}`);
  }

  /** Asks it to end, as Drover does. */
  terminate(): void {
    this.#signal('SIGTERM');
  }

  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.ended;
    await this.gateway.close();
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
      process.kill(-pid, signal);
  }
}

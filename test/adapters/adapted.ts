/** A running `drover adapt` of the tests: the real process, a gateway of the test, and turns as a worker sends them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TurnRequest } from '../../src/contract/agent/turns';
import { until } from '../../src/lib/until';
import type { FakeGateway } from '../agent/gateway';
import { turnRequest } from '../agent/turn-request';
import { PATIENCE_MS } from '../support/patience';

const DROVER = join(__dirname, '../../bin/drover.js');
/** Where the tests' agent and its library are found. */
export const FAKE_ACP = join(__dirname, 'fake-acp-agent.mjs');

/** How an adapter of the tests is started. */
export interface AdaptedOptions {
  readonly folder: string;
  readonly options?: readonly string[];
  readonly mode?: string;
  /** In place of the tests' agent. */
  readonly program?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly instance?: string;
}

/** A line of the agent's log. */
export interface Logged {
  readonly event: string;
  readonly [field: string]: unknown;
}

export class Adapted {
  readonly gateway: FakeGateway;
  readonly child: ChildProcess;
  output = '';
  private readonly folder: string;
  private turns = 0;
  private ready: Promise<string> | undefined;

  private constructor(gateway: FakeGateway, child: ChildProcess, folder: string) {
    this.gateway = gateway;
    this.child = child;
    this.folder = folder;
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /** Starts `drover adapt acp` with the tests' agent. It may not become ready. */
  static async start(gateway: FakeGateway, given: AdaptedOptions): Promise<Adapted> {
    const { folder, options = [], mode = 'usual', env = {}, instance = 'one' } = given;
    const { program = [process.execPath, FAKE_ACP, mode] } = given;
    const command = ['adapt', 'acp', '--cwd', folder, ...options, '--', ...program];
    const child = spawn(process.execPath, [DROVER, ...command], {
      env: {
        PATH: process.env['PATH'],
        DROVER_GATEWAY: gateway.url,
        DROVER_FLEET: 'mars',
        DROVER_AGENT: 'A',
        DROVER_TOKEN: 'token',
        DROVER_INSTANCE: instance,
        DROVER_KEY: 'key',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    await once(child, 'spawn');
    return new Adapted(gateway, child, folder);
  }

  /** Its endpoint, as soon as it is ready. */
  endpoint(instance = 'one'): Promise<string> {
    this.ready ??= this.beaten(instance);
    return this.ready;
  }

  private async beaten(instance: string): Promise<string> {
    const ended = once(this.child, 'exit').then(() => {
      throw new Error(`drover adapt has ended: ${this.output}`);
    });
    const beat = this.gateway.beat(({ status, instanceId }) => status === 'ready' && instanceId === instance);
    ended.catch(() => undefined);
    return (await Promise.race([beat, ended])).endpoint ?? '';
  }

  /** Sends a turn; the request of it says what the agent does. */
  async ask(deed: string, change: Partial<TurnRequest> = {}, instance = 'one'): Promise<unknown> {
    this.turns += 1;
    const turn = turnRequest({
      turnId: `t${String(this.turns)}`,
      branch: `branch-${String(this.turns)}`,
      mayInvoke: ['B', 'End', 'User'],
      input: { kind: 'request', from: 'B', value: `do: ${deed}` },
      ...change,
    });
    return this.call('POST', '/turn', turn, instance);
  }

  async call(method: 'POST' | 'DELETE', path: string, body: unknown, instance = 'one'): Promise<unknown> {
    const headers = { 'content-type': 'application/json', authorization: 'Bearer token' };
    const response = await fetch(`${await this.endpoint(instance)}${path}`, {
      method,
      headers,
      body: JSON.stringify(body),
    });
    return response.json();
  }

  /** What the agent has logged. */
  log(event?: string): Logged[] {
    const file = join(this.folder, 'acp.jsonl');
    const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
    const all = lines.map((line) => JSON.parse(line) as Logged);
    return event === undefined ? all : all.filter((entry) => entry.event === event);
  }

  /** Waits until the agent has logged an event this often. */
  async logged(event: string, times = 1): Promise<Logged[]> {
    const found = await until(() => {
      const entries = this.log(event);
      return entries.length >= times ? entries : undefined;
    }, PATIENCE_MS);
    if (found === undefined) throw new Error(`not logged: ${event}; ${this.output}`);
    return found;
  }

  async kill(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill(signal);
    await once(this.child, 'exit');
  }
}

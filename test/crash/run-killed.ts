/** A run of 100 branches over agents of the library, while the worker is killed with -9 again and again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { routesOf } from '../../src/agent/routes';
import { agentServer } from '../../src/agent/server';
import { type TurnHandler, TurnMemory } from '../../src/agent/turn-memory';
import { agentToken } from '../../src/contract/agent/token';
import { AGENT_WORKFLOW, agentWorkflowId } from '../../src/contract/names';
import type { AgentView } from '../../src/contract/agent';
import type { RunResult } from '../../src/contract/run';
import type { TestEnv } from '../support/env';
import { workflowBundle } from '../support/shared';
import { eventually } from '../workflows/agent/harness';
import { startRun } from '../workflows/run/harness';

const SECRET = 'not much of one';
const WORKERS = Array.from({ length: 10 }, (_, index) => `W${String(index)}`);

/** The agents: the library's endpoint, without its beats, which the test sends itself. */
class Agents {
  /** How often each turn was worked on. */
  readonly worked = new Map<string, number>();
  private readonly servers: Server[] = [];
  private beating: NodeJS.Timeout | undefined;
  private readonly env: TestEnv;
  private readonly fleet: string;

  constructor(env: TestEnv, fleet: string) {
    this.env = env;
    this.fleet = fleet;
  }

  async start(taskQueue: string, names: readonly string[], onTurn: TurnHandler): Promise<void> {
    const beats = await Promise.all(names.map((name) => this.one(taskQueue, name, onTurn)));
    const beat = () => Promise.all(beats.map((send) => send()));
    await beat();
    this.beating = setInterval(() => void beat(), 5_000);
  }

  private async one(taskQueue: string, name: string, onTurn: TurnHandler): Promise<() => Promise<void>> {
    const { fleet } = this;
    const turns = new TurnMemory((turn, signal) => {
      this.worked.set(turn.turnId, (this.worked.get(turn.turnId) ?? 0) + 1);
      return onTurn({ ...turn, progress: () => undefined }, signal);
    });
    const server = agentServer(agentToken(SECRET, fleet, name), routesOf({ turns, status: () => 'ready' }));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.servers.push(server);
    const endpoint = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    const workflowId = agentWorkflowId(fleet, name);
    const spec = { name, provider: 'external', external: {}, turns: { maxParallel: 10 } };
    const input = {
      v: 1,
      fleet,
      agent: name,
      incarnation: 'i',
      revision: 1,
      spec,
      resourceId: null,
      key: name,
      holds: [],
    };
    const handle = await this.env.client.workflow.start(AGENT_WORKFLOW, { workflowId, taskQueue, args: [input] });
    await eventually(
      () => handle.query<AgentView>('describe'),
      ({ runtime }) => runtime === 'running',
    );
    // The first beat names the instance of an agent that has no other process.
    return () => handle.signal('heartbeat', { instanceId: name, status: 'ready', endpoint });
  }

  async stop(): Promise<void> {
    clearInterval(this.beating);
    for (const server of this.servers) {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    }
  }
}

/** The outcome of such a run. */
export interface Killed {
  readonly result: RunResult;
  /** How often each turn was worked on, as the agents counted it. */
  readonly worked: ReadonlyMap<string, number>;
}

/** Runs 100 branches over 10 agents and kills the worker `kills` times, each time after more turns have begun. */
export async function killedRun(env: TestEnv, kills: number): Promise<Killed> {
  const fleet = `k-${randomUUID().slice(0, 8)}`;
  const taskQueue = `killed-${randomUUID()}`;
  env.started.addTaskQueue(taskQueue);
  const agents = new Agents(env, fleet);
  let worker: ChildProcess | undefined;
  const work = () => {
    const args = [join(__dirname, 'killable-turns.cjs'), env.address, taskQueue, workflowBundle().codePath, SECRET];
    worker = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  };
  try {
    work();
    await agents.start(taskQueue, ['O', ...WORKERS], async ({ agent, turnId, input }) => {
      if (agent !== 'O') {
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        return { action: 'final', response: turnId };
      }
      if (input.kind !== 'results') {
        const invocations = WORKERS.flatMap((name) => Array.from({ length: 10 }, () => ({ agent: name, request: 1 })));
        return { action: 'invoke', invocations };
      }
      return { action: 'final', response: input.results.length };
    });
    const topology = { flows: ['Start -> O', ...WORKERS.map((name) => `O <-> ${name}`)] };
    const run = await startRun(env, taskQueue, { fleet, run: 'killed', topology });
    let seen = 0;
    for (let kill = 0; kill < kills; kill += 1) {
      await eventually(
        async () => agents.worked.size,
        (size) => size > seen || size === 102,
      );
      seen = agents.worked.size;
      worker?.kill('SIGKILL');
      work();
    }
    return { result: await run.result(), worked: agents.worked };
  } finally {
    worker?.kill('SIGKILL');
    await agents.stop();
  }
}

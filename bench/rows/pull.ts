/** Pull mode beside push: the same fleet of real agents behind a real gateway. */
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTurnActivities } from '../../src/activities/turns/turns';
import { agentToken } from '../../src/contract/agent/token';
import { RUN_WORKFLOW, runWorkflowId } from '../../src/contract/names';
import { AGENT_ENV } from '../../src/contract/protocol';
import type { RunInput, RunResult } from '../../src/contract/run';
import { freePorts, LOOPBACK } from '../../src/dev/ports';
import { inParallel } from '../../src/lib/in-parallel';
import { type Row, rate } from '../harness';
import { QUEUE, type Stage, endAgents, fresh, startAgent } from '../stage';

const BRANCHES = 60;
const WORKERS = 20;
const SECRET = 'secret-of-the-bench';

/** Turns a second of agents that poll their gateway, beside agents that Drover calls. */
export function pullRows(stage: Stage, root: string): Row[] {
  return [
    {
      name: 'pull',
      what: `${String(BRANCHES)} branches over ${String(WORKERS)} agents that poll, against as many that are called`,
      unit: '1/s',
      target: { of: 'ratio', atLeast: 0.8 },
      // Short rounds, as of the row turn.
      rounds: 15,
      async prepare() {
        const turns = createTurnActivities({ agentSecret: SECRET });
        stage.takeTurn = (call) => turns.takeTurn(call);
        const gateway = await startGateway(stage, root);
        const [pull, push] = [await fleetOf('pull', gateway.url, stage), await fleetOf('push', gateway.url, stage)];
        return {
          drover: () => pull.turnsPerSecond(),
          bare: () => push.turnsPerSecond(),
          async end() {
            await pull.end();
            await push.end();
            await gateway.end();
            stage.takeTurn = undefined;
          },
        };
      },
    },
  ];
}

/** `drover gateway`, as an installation runs it. */
async function startGateway({ address }: Stage, root: string): Promise<{ readonly url: string; end(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-bench-gateway-'));
  const [port = 0] = await freePorts(1);
  const child = spawn(process.execPath, [join(root, 'bin/drover.js'), 'gateway', '--address', address], {
    cwd: folder,
    env: {
      PATH: process.env['PATH'],
      DROVER_QUEUE_PREFIX: QUEUE,
      DROVER_GATEWAY_PORT: String(port),
      DROVER_AGENT_SECRET: SECRET,
      DROVER_OPERATOR_TOKENS: 'operator-token-of-the-bench',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await Promise.race([once(child.stderr, 'data'), failing(child, 'the gateway')]);
  return {
    url: `http://${LOOPBACK}:${String(port)}`,
    async end() {
      await ended(child);
      rmSync(folder, { recursive: true });
    },
  };
}

/** A lead and its workers, which beat through the gateway. */
async function fleetOf(mode: 'pull' | 'push', gateway: string, stage: Stage) {
  const fleet = fresh(mode);
  const lead = fresh('lead');
  const workers = Array.from({ length: WORKERS }, () => fresh('w'));
  const agents = [lead, ...workers];
  await inParallel(agents, 10, (agent) => startAgent(stage, fleet, agent, 'external'));
  const environments = agents.map((agent) => ({
    [AGENT_ENV.gateway]: gateway,
    [AGENT_ENV.fleet]: fleet,
    [AGENT_ENV.agent]: agent,
    [AGENT_ENV.token]: agentToken(SECRET, fleet, agent),
  }));
  const child = fork(join(__dirname, '../serving-agents.js'), [mode, JSON.stringify(environments)]);
  await Promise.race([once(child, 'message'), failing(child, 'the agents')]);
  await inParallel(agents, 10, (agent) =>
    stage.drover.agents.waitFor({ fleet, agent }, ({ liveness }) => liveness === 'ready', {
      timeoutMs: 30_000,
      goal: 'liveness ready',
    }),
  );
  const topology = { flows: [`Start -> ${lead}`, ...workers.map((worker) => `${lead} <-> ${worker}`)] };
  return {
    turnsPerSecond: () =>
      rate(BRANCHES, async () => {
        const run = fresh('run');
        const input: RunInput = { v: 1, fleet, run, task: String(BRANCHES), topology };
        const end: unknown = await stage.temporal.workflow.execute(RUN_WORKFLOW, {
          workflowId: runWorkflowId(fleet, run),
          taskQueue: QUEUE,
          args: [input],
        });
        const { success, error } = end as RunResult;
        if (!success) throw new Error(`the run failed: ${String(error)}`);
      }),
    async end() {
      await ended(child);
      await endAgents(stage, fleet, agents);
    },
  };
}

/** Rejects once the process ends by itself. */
async function failing(child: ChildProcess, what: string): Promise<never> {
  const [code] = (await once(child, 'exit')) as [number | null];
  throw new Error(`${what} ended early (${String(code)})`);
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGTERM');
  await exit;
}

/**
 * Leases after an outage, with the real server, worker and gateway as processes: Temporal is away for three minutes, then the worker is,
 * while agents go on beating. Nothing skips the time, so this takes ten minutes.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { DroverClient } from '../../src/client';
import type { AgentInput } from '../../src/contract/agent';
import { AGENT_WORKFLOW, SEARCH_ATTRIBUTES, agentWorkflowId } from '../../src/contract/names';
import { requireBinary } from '../../src/dev/binaries';
import { freePorts } from '../../src/dev/ports';
import { startDevServer } from '../../src/dev/server';
import { messageOf } from '../../src/contract/text';
import { until } from '../../src/lib/until';
import { endAll, type Running, start } from '../cli/commands/drover';
import { shared } from '../support/shared';

const MINUTE = 60_000;
const AWAY_MS = 3 * MINUTE;
/** More than `staleAfter`, the time of a lease and the time until a late timer is trusted. */
const AFTERWARDS_MS = 2.5 * MINUTE;
const BEAT_MS = 5_000;
/** For processes to start and agents to become ready on a busy machine. */
const PATIENCE_MS = 2 * MINUTE;
const FLEET = `f-${randomUUID().slice(0, 8)}`;
const NAMES = ['a', 'b', 'c'];
const TOKEN = 'the-operator-token-of-this-test';
const ENVIRONMENT = { DROVER_QUEUE_PREFIX: FLEET, DROVER_AGENT_SECRET: 'the-agent-secret-of-this-test' };

const folder = mkdtempSync(join(tmpdir(), 'drover-outage-'));
/** What beats met; an outage shows here. */
const errors = new Set<string>();
let beating = true;

afterAll(async () => {
  beating = false;
  await endAll(folder);
  rmSync(folder, { recursive: true, force: true });
});

async function says(running: Running, text: string): Promise<void> {
  const said = await until(() => running.output.stderr.includes(text) || undefined, PATIENCE_MS);
  if (!said) throw new Error(`it does not say "${text}":\n${running.output.stderr}`);
}

/** All agents beat until the test ends, answered or not. */
async function beat(gatewayUrl: string): Promise<void> {
  const lines = NAMES.map((agent) => ({ fleet: FLEET, agent, instanceId: `${agent}-1`, status: 'ready' }));
  while (beating) {
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/x-ndjson' };
    const body = lines.map((line) => JSON.stringify(line)).join('\n');
    await fetch(`${gatewayUrl}/v1/heartbeats`, { method: 'POST', headers, body, signal: AbortSignal.timeout(BEAT_MS) })
      .then(async (answer) => {
        const text = await answer.text();
        if (!answer.ok || text.includes('"error"')) errors.add(text.slice(0, 200));
      })
      .catch((error: unknown) => errors.add(messageOf(error)));
    await sleep(BEAT_MS);
  }
}

it(
  'Temporal and then the worker are away for three minutes: no agent that beats goes offline',
  async () => {
    const [grpc = 0, ui = 0, port = 0] = await freePorts(3);
    const startServer = () =>
      startDevServer({
        binary: requireBinary('temporal', process.env),
        dbFile: join(folder, 'temporal.db'),
        ports: { grpc, ui },
        ui: false,
        searchAttributes: SEARCH_ATTRIBUTES,
        logFile: join(folder, 'temporal.log'),
        supervisor: shared().supervisor,
      });
    const startWorker = async () => {
      const worker = start(['worker', '--address', address], folder, ENVIRONMENT);
      await says(worker, 'worker of');
      return worker;
    };
    let server = await startServer();
    const { address } = server;
    const worker = await startWorker();
    const gateway = start(['gateway', '--address', address], folder, {
      ...ENVIRONMENT,
      DROVER_GATEWAY_PORT: String(port),
      DROVER_OPERATOR_TOKENS: TOKEN,
    });
    await says(gateway, 'gateway at');
    const drover = DroverClient.connect({ bare: true, address, queuePrefix: FLEET });
    const connection = await Connection.connect({ address });
    const temporal = new Client({ connection });
    for (const name of NAMES) {
      const input: AgentInput = {
        v: 1,
        fleet: FLEET,
        agent: name,
        incarnation: 'i1',
        revision: 1,
        spec: { name, provider: 'external' },
        resourceId: null,
        key: `${FLEET}.${name}`,
        holds: [],
      };
      const workflowId = agentWorkflowId(FLEET, name);
      await temporal.workflow.start(AGENT_WORKFLOW, { workflowId, taskQueue: FLEET, args: [input] });
    }
    const beats = beat(`http://127.0.0.1:${String(port)}`);
    const views = () => Promise.all(NAMES.map((agent) => drover.agents.describe({ fleet: FLEET, agent })));
    const isHeld = async () =>
      (await views()).every(({ liveness, heldBy = [] }) => liveness === 'ready' && heldBy.length === 1) || undefined;
    expect(await until(isHeld, PATIENCE_MS)).toBe(true);

    await server.stop();
    await sleep(AWAY_MS);
    server = await startServer();
    await sleep(AFTERWARDS_MS);
    expect((await views()).map(({ liveness }) => liveness)).toEqual(['ready', 'ready', 'ready']);

    worker.process.kill('SIGTERM');
    await worker.ended;
    await sleep(AWAY_MS);
    await startWorker();
    await sleep(AFTERWARDS_MS);
    expect((await views()).map(({ liveness }) => liveness)).toEqual(['ready', 'ready', 'ready']);

    const types = (await drover.feed.since(0, { fleet: FLEET })).map(({ type }) => type);
    expect(types.filter((type) => type === 'agent.ready')).toHaveLength(NAMES.length);
    expect(types).not.toContain('agent.offline');
    beating = false;
    await beats;
    await drover.close();
    await connection.close();
    await server.stop();
  },
  20 * MINUTE,
);

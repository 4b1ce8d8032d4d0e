/** The gateway, and whole processes: ingest, ingest-batch, idle, cold. */
import { Agent, type Server, request } from 'node:http';
import { execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import Fastify from 'fastify';
import { pino } from 'pino';
import { agentToken } from '../../src/contract/agent/token';
import { agentWorkflowId } from '../../src/contract/names';
import { createGateway } from '../../src/gateway';
import { type Row, medianMs, rate } from '../harness';
import { inParallel } from '../../src/lib/in-parallel';
import { type Stage, endAgents, fresh, readyAgent } from '../stage';

const SECRET = 'bench-secret';
const OPERATOR = 'bench-operator-token';
const BEATS = 2_000;
const BATCH = 1_000;

/** A keep-alive POST that must succeed. */
function poster(port: number): (path: string, token: string, type: string, body: string) => Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  return (path, token, type, body) =>
    new Promise((resolve, reject) => {
      const headers = {
        'content-type': type,
        authorization: `Bearer ${token}`,
        'content-length': Buffer.byteLength(body),
      };
      const call = request({ port, host: '127.0.0.1', path, method: 'POST', headers, agent }, (response) => {
        response.resume();
        response.on('end', () => {
          if ((response.statusCode ?? 500) < 300) resolve();
          else reject(new Error(`${path} answered ${String(response.statusCode)}`));
        });
      });
      call.on('error', reject);
      call.end(body);
    });
}

/** The route alone: the same body and schema, without a handler. */
async function bareGateway(): Promise<{ port: number; close(): Promise<void> }> {
  const app = Fastify();
  const body = {
    type: 'object',
    required: ['instanceId', 'status'],
    additionalProperties: false,
    properties: {
      instanceId: { type: 'string' },
      seq: { type: 'integer' },
      status: { enum: ['starting', 'ready', 'degraded', 'stopping'] },
      endpoint: { type: 'string' },
      load: { type: 'number' },
    },
  };
  app.post('/v1/agents/:fleet/:agent/heartbeat', { schema: { body } }, async () => ({
    desired: 'run',
    nextBeatMs: 5_000,
  }));
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { port: portOf(app.server), close: () => app.close() };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}

async function gatewayOver({ drover }: Stage) {
  const app = await createGateway({
    client: drover,
    operatorTokens: [OPERATOR],
    agentSecret: SECRET,
    logger: pino({ level: 'silent' }),
    version: 'bench',
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  return { post: poster(portOf(app.server)), close: () => app.close() };
}

async function beating(stage: Stage, count: number) {
  const fleet = fresh('edge');
  const agents = Array.from({ length: count }, () => fresh('e'));
  await inParallel(agents, 20, (agent) => readyAgent(stage, fleet, agent, 'external'));
  const gateway = await gatewayOver(stage);
  // An agent has its token from the start.
  const tokens = new Map(agents.map((agent) => [agent, agentToken(SECRET, fleet, agent)]));
  const beat = (agent: string): Promise<void> =>
    gateway.post(
      `/v1/agents/${fleet}/${agent}/heartbeat`,
      tokens.get(agent) ?? '',
      'application/json',
      JSON.stringify({ instanceId: agent, status: 'ready' }),
    );
  const batch = (beats: readonly string[]): Promise<void> =>
    gateway.post(
      '/v1/heartbeats',
      OPERATOR,
      'application/x-ndjson',
      beats.map((agent) => JSON.stringify({ fleet, agent, instanceId: agent, status: 'ready' })).join('\n'),
    );
  const end = async (): Promise<void> => {
    await gateway.close();
    await endAgents(stage, fleet, agents);
  };
  return { fleet, agents, beat, batch, end };
}

/** Beats over HTTP, and processes from their start. */
export function edgeRows(stage: Stage, root: string): Row[] {
  return [
    {
      name: 'ingest',
      what: 'single beats posted to the gateway, against a bare fastify route with the same schema',
      unit: '1/s',
      target: { of: 'ratio', atLeast: 0.8 },
      async prepare() {
        const { agents, fleet, beat, end } = await beating(stage, 50);
        const bare = await bareGateway();
        const post = poster(bare.port);
        const beats = Array.from({ length: BEATS }, (_, index) => agents[index % agents.length] ?? '');
        return {
          drover: () => rate(BEATS, () => inParallel(beats, 32, beat)),
          bare: () =>
            rate(BEATS, () =>
              inParallel(beats, 32, (agent) =>
                post(
                  `/v1/agents/${fleet}/${agent}/heartbeat`,
                  OPERATOR,
                  'application/json',
                  JSON.stringify({ instanceId: agent, status: 'ready' }),
                ),
              ),
            ),
          async end() {
            await end();
            await bare.close();
          },
        };
      },
    },
    {
      name: 'ingest-batch',
      what: `beats, ${String(BATCH)} a request, against single ones`,
      unit: '1/s',
      target: { of: 'ratio', atLeast: 10 },
      async prepare() {
        const { agents, beat, batch, end } = await beating(stage, 50);
        const beats = Array.from({ length: BATCH }, (_, index) => agents[index % agents.length] ?? '');
        return {
          drover: () =>
            rate(20 * BATCH, () =>
              inParallel(
                Array.from({ length: 20 }, () => beats),
                4,
                batch,
              ),
            ),
          bare: () => rate(BATCH, () => inParallel(beats, 32, beat)),
          end,
        };
      },
    },
    {
      name: 'idle',
      what: 'history events per agent and minute: 200 agents beating every 2 s for a minute through the gateway',
      unit: 'events',
      target: { of: 'drover', atMost: 22 },
      rounds: 1,
      async prepare() {
        const { fleet, agents, beat, end } = await beating(stage, 200);
        const events = async (): Promise<number> => {
          const described = await Promise.all(
            agents.map((agent) => stage.temporal.workflow.getHandle(agentWorkflowId(fleet, agent)).describe()),
          );
          return described.reduce((sum, { historyLength }) => sum + historyLength, 0);
        };
        return {
          async drover() {
            // The first beats are forwarded at once, so the minute after them is measured.
            await inParallel(agents, 20, beat);
            const before = await events();
            await new Promise<void>((resolve) => {
              let rounds = 0;
              const timer = setInterval(() => {
                rounds += 1;
                if (rounds < 30) return void inParallel(agents, 20, beat);
                clearInterval(timer);
                resolve();
              }, 2_000);
            });
            return (await events()) / agents.length - before / agents.length;
          },
          end,
        };
      },
    },
    {
      name: 'cold-up',
      what: 'drover up until it is ready, with warm caches',
      unit: 's',
      target: { of: 'drover', atMost: 6 },
      async prepare() {
        const folder = mkdtempSync(join(tmpdir(), 'drover-cold-'));
        return {
          async drover() {
            const began = performance.now();
            const up = await startUp(root, folder);
            const took = (performance.now() - began) / 1_000;
            await up.stop();
            return took;
          },
          end: async () => {
            rmSync(folder, { recursive: true });
          },
        };
      },
    },
    {
      name: 'cold-get',
      what: 'drover get agents',
      unit: 's',
      target: { of: 'drover', atMost: 0.5 },
      async prepare() {
        const folder = mkdtempSync(join(tmpdir(), 'drover-cold-'));
        const up = await startUp(root, folder);
        const get = () =>
          promisify(execFile)(process.execPath, [join(root, 'bin/drover.js'), 'get', 'agents'], { cwd: folder });
        return {
          drover: async () => (await medianMs(5, get)) / 1_000,
          async end() {
            await up.stop();
            rmSync(folder, { recursive: true });
          },
        };
      },
    },
  ];
}

/** Starts `drover up` in a folder; resolves when it has written its addresses. */
async function startUp(root: string, folder: string): Promise<{ stop(): Promise<void> }> {
  const child = spawn(process.execPath, [join(root, 'bin/drover.js'), 'up'], { cwd: folder, stdio: 'ignore' });
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  const file = join(folder, '.drover/up.json');
  await new Promise<void>((resolve, reject) => {
    const timer = setInterval(() => {
      if (!existsSync(file)) return;
      clearInterval(timer);
      resolve();
    }, 20);
    void ended.then(() => {
      clearInterval(timer);
      reject(new Error('drover up ended early'));
    });
  });
  return {
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

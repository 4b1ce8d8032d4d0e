/** A whole installation: an unsigned agent runs nowhere, by any way; three ways to have it signed; a change of keys. */
import { randomUUID } from 'node:crypto';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WithStartWorkflowOperation } from '@temporalio/client';
import type { Workflow } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import pino from 'pino';
import { resolveSettings } from '../src/config';
import type { AgentView } from '../src/contract/agent';
import type { ApplyResult, FleetSpec, FleetView } from '../src/contract/fleet';
import {
  AGENT_WORKFLOW,
  agentWorkflowId,
  FLEET_WORKFLOW,
  fleetWorkflowId,
  provisionWorkflowId,
} from '../src/contract/names';
import { parseConfig } from '../src/contract/schemas/config';
import { openStateDirectory } from '../src/dev/state-dir';
import { type RunningGateway, startGateway } from '../src/server';
import { type RunningWorker, startWorker } from '../src/worker';
import { drover } from './cli/commands/drover';
import { eventually } from './providers/calls';
import { ExternalService } from './providers/external-service';
import { devServer } from './support/env';

const env = devServer();
const OLD = 'the-old-secret-of-a-whole-installation';
const NEW = 'the-new-secret-of-a-whole-installation';
const OPERATOR = 'operator-token-of-the-signing-tests';
const BIN = join(__dirname, '../bin/drover.js');
const AGENT = join(__dirname, '../examples/shell/agent.sh');
const queuePrefix = `test-${randomUUID()}`;

let folder: string;
let worker: RunningWorker;
let gateway: RunningGateway;

/** A worker and a gateway with these secrets, in place of those that run. */
async function installed(secrets: string): Promise<void> {
  await stopAll();
  const environment = {
    DROVER_QUEUE_PREFIX: queuePrefix,
    DROVER_OPERATOR_TOKENS: OPERATOR,
    DROVER_SPEC_SECRET: secrets,
  };
  const settings = resolveSettings(parseConfig(environment), await openStateDirectory(join(folder, 'state')));
  const connection = { address: env.address, bare: true };
  [worker, gateway] = await Promise.all([
    startWorker({ settings, connection, environment: { PATH: process.env['PATH'] ?? '' } }),
    startGateway({ settings, connection, log: pino({ level: 'silent' }) }),
  ]);
}

async function stopAll(): Promise<void> {
  await Promise.all([worker?.stop(), gateway?.stop()]);
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drover-signed-'));
  await installed(OLD);
});
afterAll(async () => {
  await stopAll();
  rmSync(folder, { recursive: true, force: true });
});

/** The output of the agent: bytes of no text, a NUL, colours, half of a character, no line's end. */
const PRINTED = '\\377\\000\\033[31mred\\r\\n\\303';

/** The log of the only agent of a fleet, as its file has it. */
function logOf(fleet: string): Buffer {
  const agents = join(folder, 'state/agents');
  const [path = ''] = readdirSync(agents, { recursive: true, encoding: 'utf8' }).filter(
    (name) =>
      name.endsWith('output.log') &&
      readFileSync(join(agents, name, '../resource.json'), 'utf8').includes(`"${fleet}"`),
  );
  return readFileSync(join(agents, path));
}

/** A fleet of one agent that beats, after it has left a file behind. */
function fleetOf(name: string, queue = 5): { readonly spec: FleetSpec; readonly proof: string } {
  const proof = join(folder, `${name}-ran`);
  const command = ['sh', '-c', `touch ${proof}; printf '${PRINTED}'; exec sh ${AGENT}`];
  return {
    proof,
    spec: { agents: [{ name: 'A', provider: 'process', process: { command, cwd: folder }, turns: { queue } }] },
  };
}

/** `apply` as any caller at Temporal's port can ask for it. */
async function applyRaw(fleet: string, spec: FleetSpec): Promise<ApplyResult> {
  const startWorkflowOperation = new WithStartWorkflowOperation(FLEET_WORKFLOW, {
    workflowId: fleetWorkflowId(fleet),
    taskQueue: queuePrefix,
    args: [{ v: 1, fleet }],
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return env.client.workflow.executeUpdateWithStart<Workflow, ApplyResult, [{ spec: FleetSpec }]>('apply', {
    startWorkflowOperation,
    args: [{ spec }],
  });
}

const viewOf = (fleet: string) => env.client.workflow.getHandle(fleetWorkflowId(fleet)).query<FleetView>('describe');
const agentOf = (fleet: string) =>
  env.client.workflow.getHandle(agentWorkflowId(fleet, 'A')).query<AgentView>('describe');

async function endOf(fleet: string, revision: number): Promise<NonNullable<FleetView['change']>> {
  return eventually('the change ends', async () => {
    const { change } = await viewOf(fleet);
    return change?.revision === revision && change.state !== 'running' ? change : undefined;
  });
}

async function applyByGateway(fleet: string, spec: FleetSpec): Promise<ApplyResult> {
  const answer = await fetch(new URL(`/v1/fleets/${fleet}`, gateway.url), {
    method: 'PUT',
    headers: { authorization: `Bearer ${OPERATOR}`, 'content-type': 'application/json' },
    body: JSON.stringify({ spec }),
  });
  return (await answer.json()) as ApplyResult;
}

async function destroyed(fleet: string): Promise<void> {
  const { revision } = await env.client.workflow
    .getHandle(fleetWorkflowId(fleet))
    .executeUpdate<ApplyResult, [object]>('destroy', { args: [{}] });
  await endOf(fleet, revision);
}

it('a caller with Temporal alone runs nothing: neither by a fleet nor by an agent of its own', async () => {
  const { spec, proof } = fleetOf('evil');
  const change = await endOf('evil', (await applyRaw('evil', spec)).revision);
  expect(change).toMatchObject({
    state: 'failed',
    code: 'Forbidden',
    ids: {},
    error: expect.stringMatching(/^nothing was changed; A: Forbidden: .*not signed/) as string,
  });
  // It is refused before its first step.
  await expect(env.client.workflow.getHandle(provisionWorkflowId('evil', 1)).describe()).rejects.toThrow(/not found/i);

  await env.client.workflow.start(AGENT_WORKFLOW, {
    workflowId: agentWorkflowId('evil', 'A'),
    taskQueue: queuePrefix,
    args: [{ v: 1, fleet: 'evil', agent: 'A', spec: spec.agents[0] }],
  });
  const agent = await eventually('the agent fails', async () => {
    const view = await agentOf('evil');
    return view.status === 'failed' ? view : undefined;
  });
  expect(agent.why).toContain('Forbidden');
  expect(existsSync(proof)).toBe(false);
});

it('a caller with Temporal alone has no file of the user read, and one with the key has', async () => {
  const key = join(folder, 'private.key');
  writeFileSync(key, 'the private key of the user of the worker');
  const service = await new ExternalService().listen();
  const { url } = service;
  const [create, wake, destroy] = ['create', 'wake', 'destroy'].map((path) => `${url}/${path}`) as [
    string,
    string,
    string,
  ];
  const spec: FleetSpec = {
    agents: [{ name: 'A', provider: 'external', external: { create, wake, destroy, secret: `file:${key}` } }],
  };
  try {
    expect(await endOf('reader', (await applyRaw('reader', spec)).revision)).toMatchObject({
      code: 'Forbidden',
      error: expect.stringContaining('DROVER_REFERENCES') as string,
    });
    // By a pool, too: its credential is given to an agent of the caller.
    const pooled: FleetSpec = {
      agents: [{ name: 'A', provider: 'external', external: { wake }, subscription: { pool: 'reader' } }],
      subscriptions: [{ pool: 'reader', credentials: [{ name: 'a', secret: `file:${key}` }] }],
    };
    expect(await endOf('pooled', (await applyRaw('pooled', pooled)).revision)).toMatchObject({ code: 'Forbidden' });
    expect(service.requests).toEqual([]);

    await applyByGateway('approved', spec);
    const { authorization } = await eventually('the service is called', async () => service.requests[0]);
    expect(authorization).toBe('Bearer the private key of the user of the worker');

    // The service tells what it was given in an error: no byte of a history has it.
    service.disturb = (request) =>
      request.path === '/wake' ? { status: 400, text: `wrong token: ${String(request.authorization)}` } : undefined;
    const echoed = await applyByGateway('echoed', spec);
    expect(await endOf('echoed', echoed.revision)).toMatchObject({
      state: 'rolled_back',
      error: expect.stringContaining('wrong token: Bearer ***') as string,
    });
    for (const workflowId of ['fleet/echoed', 'provision/echoed/1', agentWorkflowId('echoed', 'A')]) {
      const history = await env.client.workflow.getHandle(workflowId).fetchHistory();
      const bytes = Buffer.from(temporal.api.history.v1.History.encode(history).finish());
      expect([workflowId, bytes.includes('wrong token: Bearer ***')]).toEqual([workflowId, true]);
      expect([workflowId, bytes.includes('private key of the user')]).toEqual([workflowId, false]);
    }
  } finally {
    await service.close();
  }
});

it('what the gateway has signed runs, is woken again, and cannot be changed past it', async () => {
  const { spec, proof } = fleetOf('good');
  expect(await endOf('good', (await applyByGateway('good', spec)).revision)).toMatchObject({ state: 'done' });
  expect(existsSync(proof)).toBe(true);
  expect(JSON.stringify(await viewOf('good'))).not.toContain('signature');

  const handle = env.client.workflow.getHandle(agentWorkflowId('good', 'A'));
  const { pid } = await agentOf('good');
  await handle.executeUpdate('restart', { args: [{}] });
  await eventually('it runs again', async () => {
    const view = await agentOf('good');
    return (view.liveness === 'ready' && view.pid !== pid) || undefined;
  });

  // Byte by byte what the agent has printed, at its start and at its restart.
  const { stdout: printed } = await promisify(execFile)(
    process.execPath,
    [BIN, 'logs', 'good/A', '--address', env.address],
    {
      cwd: folder,
      env: { PATH: process.env['PATH'], DROVER_STATE_DIR: join(folder, 'state'), DROVER_QUEUE_PREFIX: queuePrefix },
      encoding: 'buffer',
    },
  );
  const once = Buffer.from([0xff, 0, 0x1b, 0x5b, 0x33, 0x31, 0x6d, 0x72, 0x65, 0x64, 0x0d, 0x0a, 0xc3]);
  expect(printed.indexOf(once)).toBeGreaterThanOrEqual(0);
  expect(printed.equals(logOf('good'))).toBe(true);

  // The same file without signatures changes nothing, another one is refused if it would be taken over.
  expect((await applyRaw('good', spec)).changeId).toBeNull();
  const refused = await endOf('good', (await applyRaw('good', fleetOf('good', 6).spec)).revision);
  expect(refused.error).toContain('Forbidden');
  await handle.executeUpdate('restart', { args: [{}] });
  await destroyed('good');
});

it('drover sign, a client without a key, and the next key', async () => {
  const { spec, proof } = fleetOf('signed');
  const file = join(folder, 'fleet.json');
  const signedFile = join(folder, 'signed.yaml');
  const kept = { DROVER_STATE_DIR: join(folder, 'none'), DROVER_QUEUE_PREFIX: queuePrefix };
  writeFileSync(file, JSON.stringify({ apiVersion: 'drover/v1', kind: 'Fleet', metadata: { name: 'signed' }, spec }));
  const apply = (path: string, more = {}) =>
    drover(['apply', '-f', path, '--address', env.address], folder, { ...kept, ...more });
  const sign = async (secret: string) => {
    const { code, stdout, stderr } = await drover(['sign', '-f', file], folder, {
      ...kept,
      DROVER_SPEC_SECRET: secret,
    });
    expect([code, stderr]).toEqual([0, '']);
    writeFileSync(signedFile, stdout);
  };

  const keyless = await drover(['sign', '-f', file], folder, kept);
  expect([keyless.code, keyless.stderr]).toEqual([2, expect.stringContaining('DROVER_SPEC_SECRET')]);
  const unsigned = await apply(file);
  expect([unsigned.code, unsigned.stderr]).toEqual([4, expect.stringContaining('Forbidden')]);
  expect(existsSync(proof)).toBe(false);

  await sign(OLD);
  expect(await apply(signedFile)).toMatchObject({ code: 0 });
  expect(existsSync(proof)).toBe(true);
  const { pid } = await agentOf('signed');

  // Both keys: the agent with the old one is taken over with the new one, and goes on.
  await installed(`${NEW},${OLD}`);
  await sign(NEW);
  const taken = await apply(signedFile);
  expect([taken.code, taken.stdout]).toEqual([0, expect.stringContaining('revision 3')]);
  expect((await agentOf('signed')).pid).toBe(pid);

  // The old one ends: what it has signed is refused, what the new one has signed is woken.
  await installed(NEW);
  await env.client.workflow.getHandle(agentWorkflowId('signed', 'A')).executeUpdate('restart', { args: [{}] });
  await eventually('it runs again', async () => {
    const view = await agentOf('signed');
    return (view.liveness === 'ready' && view.pid !== pid) || undefined;
  });
  await sign(OLD);
  const late = await apply(signedFile);
  expect([late.code, late.stderr]).toEqual([4, expect.stringContaining('signed with key')]);
  await destroyed('signed');
});

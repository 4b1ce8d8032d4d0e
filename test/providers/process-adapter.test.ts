/** An agent with an adapter as a process of this machine: the real `drover adapt`, with a tool of the tests. */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceCall } from '../../src/contract/activities';
import type { AdapterSpec, AgentSpec } from '../../src/contract/agent';
import { agentToken } from '../../src/contract/agent/token';
import { ProcessProvider } from '../../src/providers/process';
import { FakeGateway } from '../agent/gateway';
import { turnRequest } from '../agent/turn-request';
import { callFor, eventually, wakeOf } from './calls';

const FAKE = join(__dirname, '../adapters/fake-cli.mjs');

let gateway: FakeGateway;
let folder: string;
let provider: ProcessProvider;
let made: ResourceCall | undefined;

beforeEach(async () => {
  gateway = await new FakeGateway().listen();
  folder = mkdtempSync(join(tmpdir(), 'drover-adapted-'));
  provider = new ProcessProvider({
    stateDir: folder,
    installation: `adapted${String(process.pid)}`,
    gatewayUrl: gateway.url,
    agentSecret: 'secret',
    environment: { PATH: process.env['PATH'], FIRST: 'one', SECRET_OF_THE_WORKER: 'no' },
  });
  made = undefined;
});

afterEach(async () => {
  if (made) await provider.destroy(made);
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function createdWith(spec: Omit<AgentSpec, 'name' | 'provider'>): Promise<ResourceCall> {
  made = callFor(`adapted${String(process.pid)}`, { provider: 'process', ...spec });
  await provider.create(made);
  return made;
}

const command = (...run: string[]): AdapterSpec => ({ command: { run, cwd: folder } });

/** Sends a turn to the adapter, as a worker does. */
async function ask(endpoint: string): Promise<unknown> {
  const headers = {
    'content-type': 'application/json',
    authorization: `Bearer ${agentToken('secret', 'mars', 'worker')}`,
  };
  const body = JSON.stringify(turnRequest());
  return (await fetch(`${endpoint}/turn`, { method: 'POST', headers, body })).json();
}

/** The states of the living processes of the group that a file names. */
function statesOfGroup(file: string): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,stat='], { encoding: 'utf8' }).split('\n');
  const group = readFileSync(join(folder, file), 'utf8');
  return lines.flatMap((line) => {
    const [pgid, state = ''] = line.trim().split(/\s+/);
    return pgid === group && !state.startsWith('Z') ? [state.slice(0, 1)] : [];
  });
}

test('a pause stops the whole process group of the tool, and a destroy ends it', async () => {
  const call = await createdWith({ adapter: command(process.execPath, FAKE, 'hang') });
  await provider.wake(wakeOf(call));
  const { endpoint = '' } = await gateway.beat(({ status }) => status === 'ready');
  const answer = ask(endpoint).catch(() => 'no answer');
  await eventually('the tool runs', async () => existsSync(join(folder, 'child.pid')) || undefined);
  await provider.suspend(call);
  expect(statesOfGroup('pid')).toEqual(['T', 'T']);
  await provider.continue(call);
  await eventually('it goes on', async () => !statesOfGroup('pid').includes('T') || undefined);
  await provider.destroy(call);
  expect(statesOfGroup('pid')).toEqual([]);
  expect(await answer).toBe('no answer');
});

test('kill -9 of the adapter: its next start ends what is left of the tool', async () => {
  const call = await createdWith({ adapter: command(process.execPath, FAKE, 'hang') });
  const { pid } = await provider.wake(wakeOf(call));
  const { endpoint = '' } = await gateway.beat(({ status }) => status === 'ready');
  const answer = ask(endpoint).catch(() => 'no answer');
  await eventually('the tool runs', async () => existsSync(join(folder, 'child.pid')) || undefined);
  process.kill(pid ?? 0, 'SIGKILL');
  expect(await answer).toBe('no answer');
  await eventually('its end is known', async () => (await provider.inspect(call)).state === 'exited' || undefined);
  await provider.wake(wakeOf(call, 'instance-2'));
  expect(statesOfGroup('pid')).toEqual([]);
});

test('the tool gets what the file names, and nothing of Drover but its marks', async () => {
  const call = await createdWith({
    process: { env: { SECOND: 'two' }, passEnv: ['FIRST'] },
    adapter: { command: { run: [process.execPath, FAKE, 'environment'], cwd: folder, format: 'json' } },
  });
  await provider.wake(wakeOf(call));
  const { endpoint = '' } = await gateway.beat(({ status }) => status === 'ready');
  expect(await ask(endpoint)).toMatchObject({
    action: 'final',
    response: {
      FIRST: 'one',
      SECOND: 'two',
      PATH: process.env['PATH'],
      DROVER_KEY: call.key,
      DROVER_INSTANCE: 'instance-1',
    },
  });
  const names = Object.keys(((await ask(endpoint)) as { response: object }).response);
  expect(names.filter((name) => name.startsWith('DROVER_')).sort()).toEqual(['DROVER_INSTANCE', 'DROVER_KEY']);
  expect(names).not.toContain('SECRET_OF_THE_WORKER');
});

test.each([
  [
    'claude',
    /command "claude-x\/claude" cannot be run: no executable file .*; install it .*@anthropic-ai\/claude-code$/,
  ],
  ['mytool', /command "mytool-x" cannot be run: no directory of PATH has it; install mytool-x for the user/],
])('an agent whose tool is not installed does not start, and says how to install it (%s)', async (tool, message) => {
  const call = await createdWith({ adapter: command(tool === 'claude' ? 'claude-x/claude' : `${tool}-x`) });
  const refused = { message: expect.stringMatching(message) as string, details: { permanent: true } };
  await expect(provider.wake(wakeOf(call))).rejects.toMatchObject(refused);
});

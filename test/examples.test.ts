/**
 * The examples as real processes, started by the process provider, with a gateway and a conductor of the test's own. They import
 * `drover/agent` as users do, so `npm run build` must have run (`npm test` sees to that).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { createTurnActivities } from '../src/activities/turns/turns';
import type { ResourceCall, TurnCall } from '../src/contract/activities';
import type { AgentSpec } from '../src/contract/agent';
import type { FleetFile } from '../src/contract/fleet';
import type { SourceResult, TurnInput, TurnOutcome, TurnReply } from '../src/contract/agent/turns';
import { ProcessProvider } from '../src/providers/process';
import { FakeGateway } from './agent/gateway';
import { turnRequest } from './agent/turn-request';
import { callFor, eventually, wakeOf } from './providers/calls';
import { activityEnvironment } from './support/quiet';

const EXAMPLES = join(__dirname, '../examples');
const activities = createTurnActivities({ agentSecret: 'secret' });

let gateway: FakeGateway;
let provider: ProcessProvider;
let stateDir: string;
let calls: ResourceCall[];

beforeEach(async () => {
  gateway = await new FakeGateway().listen();
  stateDir = mkdtempSync(join(tmpdir(), 'drover-examples-'));
  const { PATH, HOME } = process.env;
  provider = new ProcessProvider({
    stateDir,
    installation: 'examples',
    gatewayUrl: gateway.url,
    agentSecret: 'secret',
    environment: { PATH, HOME },
  });
  calls = [];
});

afterEach(async () => {
  for (const call of calls) await provider.destroy(call);
  await gateway.close();
  rmSync(stateDir, { recursive: true, force: true });
});

function fleetOf(example: string): FleetFile {
  return parse(readFileSync(join(EXAMPLES, example, 'fleet.yaml'), 'utf8')) as FleetFile;
}

/** Starts every agent of an example, with these letters in place of the file's, and waits for their first beats. */
async function start(example: string, letters: Record<string, string> = {}): Promise<FleetFile> {
  const file = fleetOf(example);
  await Promise.all(
    file.spec.agents.map(async (agent: AgentSpec) => {
      const given = letters[agent.name];
      const env = { ...agent.process?.env, ...(given === undefined ? {} : { LETTERS: given }) };
      const process = { command: agent.process?.command ?? [], env, cwd: join(EXAMPLES, example) };
      const call = callFor('examples', { provider: 'process', process }, agent.name);
      calls.push(call);
      await provider.create(call);
      await provider.wake(wakeOf(call));
    }),
  );
  for (const { name } of file.spec.agents) await beatOf(name);
  return file;
}

async function beatOf(agent: string): Promise<string> {
  try {
    const { endpoint } = await gateway.beat((beat) => beat.agent === agent && beat.status === 'ready');
    return endpoint ?? '';
  } catch (error) {
    const call = calls.find((made) => made.agent === agent);
    throw new Error(`${agent}: ${JSON.stringify(call && (await provider.inspect(call)))}`, { cause: error });
  }
}

function takeTurn(call: TurnCall): Promise<TurnOutcome> {
  return activityEnvironment().run((given: TurnCall) => activities.takeTurn(given), call);
}

let turns = 0;

async function ask(file: FleetFile, agent: string, input: TurnInput): Promise<TurnReply> {
  turns += 1;
  const mayInvoke = (file.spec.topology?.flows ?? []).flatMap((flow) => {
    const [from, to = ''] = flow.split(' -> ');
    return from === agent ? [to] : [];
  });
  const request = turnRequest({ turnId: `t${String(turns)}`, agent, input, mayInvoke });
  const call = { fleet: 'mars', agent, endpoint: await beatOf(agent), request, replyTo: 'run/mars/r/0' };
  const outcome = await takeTurn(call);
  if ('error' in outcome) throw new Error(outcome.error.message);
  return outcome.reply as TurnReply;
}

/** One branch, from a request until an agent answers the Orchestrator. */
async function branch(file: FleetFile, from: string, agent: string, value: unknown): Promise<SourceResult> {
  const reply = await ask(file, agent, { kind: 'request', from, value });
  if (reply.action !== 'invoke') throw new Error(`${agent} replied ${JSON.stringify(reply)}`);
  const [next] = reply.invocations;
  if (!next) throw new Error(`${agent} invoked no agent`);
  if (next.agent === 'Orchestrator') return { from: agent, branch: agent, value: next.request };
  return branch(file, agent, next.agent, next.request);
}

/** The whole task, the results in an order of the caller's. */
async function word(file: FleetFile, arrange: (results: SourceResult[]) => SourceResult[]): Promise<unknown> {
  const fanOut = await ask(file, 'Orchestrator', { kind: 'task', value: 'Collect the letters.' });
  if (fanOut.action !== 'invoke') throw new Error(`no fan-out: ${JSON.stringify(fanOut)}`);
  expect(fanOut.invocations.map(({ agent }) => agent).sort()).toEqual(['AgentA', 'AgentB', 'AgentC']);
  const results = await Promise.all(
    fanOut.invocations.map(({ agent, request }) => branch(file, 'Orchestrator', agent, request)),
  );
  expect(results.map(({ from }) => from).sort()).toEqual(['AgentA', 'AgentB', 'AgentD']);
  const last = await ask(file, 'Orchestrator', { kind: 'results', results: arrange(results), failures: [] });
  return last.action === 'final' ? last.response : last;
}

function randomLetters(): string {
  return Array.from({ length: 1 + Math.floor(Math.random() * 3) }, () =>
    String.fromCharCode(65 + Math.floor(Math.random() * 26)),
  ).join('');
}

describe.each(['mars', 'python'])('examples/%s', (example) => {
  test('spells MARS, in any order of the answers', async () => {
    const file = await start(example);
    expect(await word(file, (results) => results)).toBe('MARS');
    expect(await word(file, (results) => results.reverse())).toBe('MARS');
  });

  test('spells the letters of its fleet file, and ends politely', async () => {
    const letters = {
      AgentA: randomLetters(),
      AgentB: randomLetters(),
      AgentC: randomLetters(),
      AgentD: randomLetters(),
    };
    const file = await start(example, letters);
    expect(await word(file, (results) => results)).toBe(Object.values(letters).join(''));
    await Promise.all(calls.map((call) => provider.stop(call, 10_000)));
    for (const call of calls) expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: 0 });
    expect(
      gateway.beats
        .filter(({ status }) => status === 'stopping')
        .map(({ agent }) => agent)
        .sort(),
    ).toEqual(['AgentA', 'AgentB', 'AgentC', 'AgentD', 'Orchestrator']);
  });

  test('an agent that was suspended answers and beats when it goes on', async () => {
    const file = await start(example);
    const call = calls.find(({ agent }) => agent === 'AgentA');
    if (!call) throw new Error('no AgentA');
    await provider.suspend(call);
    const answer = branch(file, 'Orchestrator', 'AgentA', 'Provide your letters.');
    const beats = () => gateway.beats.filter(({ agent }) => agent === 'AgentA').length;
    const before = beats();
    await provider.continue(call);
    expect(await answer).toEqual({ from: 'AgentA', branch: 'AgentA', value: ['M'] });
    await eventually('it beats again', async () => beats() > before || undefined);
  });
});

describe('examples/shell', () => {
  test('beats with curl, in order, and says that it stops', async () => {
    await start('shell');
    await gateway.beat(({ seq }) => seq === 3);
    for (const call of calls) await provider.stop(call, 10_000);
    await gateway.beat(({ status }) => status === 'stopping');
    expect(gateway.beats.map(({ seq }) => seq)).toEqual(gateway.beats.map((_, index) => index + 1));
  });

  test('beats with wget without curl', async () => {
    const tools = join(stateDir, 'tools');
    const names = ['sh', 'sed', 'sleep', 'awk', 'wget'];
    execFileSync('mkdir', [tools]);
    for (const name of names)
      execFileSync('ln', ['-s', execFileSync('which', [name], { encoding: 'utf8' }).trim(), tools]);
    const call = callFor(
      'examples',
      {
        provider: 'process',
        process: { command: ['sh', 'agent.sh'], env: { PATH: tools }, cwd: join(EXAMPLES, 'shell') },
      },
      'Beater',
    );
    calls.push(call);
    await provider.create(call);
    await provider.wake(wakeOf(call));
    await gateway.beat(({ seq }) => seq === 2);
    await provider.stop(call, 10_000);
    await gateway.beat(({ status }) => status === 'stopping');
  });
});

/**
 * What turns cost, over a 429 that switches the credential and a kill -9 of an adapter: counted once, and shown everywhere. Real
 * programs behind real adapters.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentView } from '../../src/contract/agent';
import type { FleetDescription, FleetListItem } from '../../src/contract/fleet';
import type { RunView } from '../../src/contract/run';
import { until } from '../../src/lib/until';
import { drover, type Ended, start, startUp, temporaryFolder } from '../cli/commands/drover';
import { freePort } from '../cli/commands/taken-ports';
import { PATIENCE_MS } from '../support/patience';
import { FAKE_ACP } from './adapted';

const FAKE_CLI = join(__dirname, 'fake-cli.mjs');
const folder = temporaryFolder();
const cwd = folder.path;
afterAll(folder.remove);

const FILE = `
apiVersion: drover/v1
kind: Fleet
metadata: {name: used}
spec:
  agents:
    - name: Coder
      provider: process
      adapter: {acp: {command: [node, ${JSON.stringify(FAKE_ACP)}], cwd: ., permissions: allow}}
      subscription: {pool: models}
    - name: Tool
      provider: process
      adapter: {command: {run: [node, ${JSON.stringify(FAKE_CLI)}, spend-second], format: json, cwd: .}}
      restart: {backoff: {initial: 100ms}}
  topology: {flows: [Start -> Coder, Coder -> Tool, Tool -> End]}
  subscriptions:
    - pool: models
      credentials: [{name: one, secret: "env:KEY_ONE"}, {name: two, secret: "env:KEY_TWO"}]
      inject: {env: API_KEY}
`;

function ok({ code, stdout, stderr }: Ended): string {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const read = async <T>(...args: string[]): Promise<T> =>
  JSON.parse(ok(await drover([...args, '-o', 'json'], cwd))) as T;
const logged = (): { event: string; sessionId?: string; key?: string }[] =>
  readFileSync(join(cwd, 'acp.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string });
const sum = (turns: number, costUsd: number, inputTokens: number, outputTokens: number) => ({
  turns,
  costUsd,
  inputTokens,
  outputTokens,
});

test('a 429 switches the credential once, a kill -9 asks a turn again, and each turn is counted once', async () => {
  writeFileSync(join(cwd, 'fleet.yaml'), FILE);
  const port = await freePort();
  const env = { DROVER_METRICS_PORT: String(port), KEY_ONE: 'first', KEY_TWO: 'second' };
  const up = await startUp(cwd, ['fleet.yaml'], env);

  const run = start(['run', 'used', 'do: limited-spend', '--name', 'r'], cwd);
  // The tool works on its turn: end its adapter in the middle.
  expect(await until(() => existsSync(join(cwd, 'tries')) || undefined, PATIENCE_MS)).toBe(true);
  const { pid } = await read<AgentView>('describe', 'agent', 'used/Tool');
  process.kill(pid ?? 0, 'SIGKILL');
  expect(ok(await run.ended)).toBe('spent\n');

  // The turn of the limited credential goes on in the same session, with the other one.
  const prompts = logged().filter(({ event }) => event === 'prompt');
  expect(prompts.map(({ sessionId, key }) => [sessionId, key])).toEqual([
    ['s-1-', 'first'],
    ['s-1-', 'second'],
  ]);
  expect(logged().filter(({ event }) => event === 'new')).toHaveLength(1);
  const coder = await read<AgentView>('describe', 'agent', 'used/Coder');
  expect(coder).toMatchObject({ subscription: { name: 'two', assignment: 2 }, permissions: 'allow' });
  expect(coder.usage).toEqual(sum(1, 0.25, 7, 5));
  const tool = await read<AgentView>('describe', 'agent', 'used/Tool');
  expect(tool).toMatchObject({ restarts: 1, usage: sum(1, 0.5, 10, 2) });
  expect(tool).not.toHaveProperty('permissions');
  const whole = sum(2, 0.75, 17, 7);
  const { usage, result } = await read<RunView>('describe', 'run', 'used/r');
  expect([usage, result?.usage]).toEqual([whole, whole]);

  const fleets = async () => (await read<{ items: FleetListItem[] }>('get', 'fleets')).items[0]?.usage;
  const listed = await until(async () => {
    const found = await fleets();
    return found?.turns === 2 ? found : undefined;
  }, PATIENCE_MS);
  expect(listed).toEqual(whole);
  expect((await read<FleetDescription>('describe', 'fleet', 'used')).usage).toEqual(whole);
  const texts = await Promise.all([
    drover(['get', 'fleets'], cwd),
    drover(['get', 'runs'], cwd),
    drover(['get', 'agents', '-o', 'wide'], cwd),
    drover(['describe', 'agent', 'used/Coder'], cwd),
  ]);
  const [ofFleets = '', ofRuns = '', ofAgents = '', ofCoder = ''] = texts.map(ok);
  expect(ofFleets).toMatch(/^FLEET .* USAGE +HOLDS\nused .* \$0\.75 17\/7 +-$/m);
  expect(ofRuns).toMatch(/^NAME .* USAGE\nused\/r .* \$0\.75 17\/7$/m);
  expect(ofAgents).toMatch(/ USAGE +REASON\nused\/Coder .* \$0\.25 7\/5 +-\nused\/Tool .* \$0\.50 10\/2 +-$/m);
  expect(ofCoder).toMatch(/^Permissions: +allow: each question for permission is answered with yes$/m);
  expect(ofCoder).toMatch(/^Usage: +\$0\.25, 7 tokens in, 5 out, 1 turn$/m);

  const gateway = await (await fetch(`${up.where.gateway}/metrics`)).text();
  const worker = await (await fetch(`http://127.0.0.1:${String(port)}/metrics`)).text();
  for (const line of [
    'drover_usage_dollars 0.75',
    'drover_usage_tokens{direction="input"} 17',
    'drover_usage_tokens{direction="output"} 7',
  ])
    expect(gateway.split('\n')).toContain(line);
  expect(worker).toMatch(/^drover_turn_cost_dollars_sum\{.*fleet="used".*\} 0\.75$/m);
  expect(worker).toMatch(/^drover_turn_cost_dollars_count\{.*fleet="used".*\} 2$/m);
  expect(worker).toMatch(/^drover_turn_tokens_total\{.*direction="input".*fleet="used".*\} 17$/m);
  expect(worker).toMatch(/^drover_turn_tokens_total\{.*direction="output".*fleet="used".*\} 7$/m);
  if (spawnSync('promtool', ['--version']).status === 0)
    for (const text of [gateway, worker]) {
      const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      // Names and labels of Temporal's SDK are not Drover's.
      const own = stderr.split('\n').filter((line) => line !== '' && !/^temporal_|'snake_case'/.test(line));
      expect([stdout, own]).toEqual(['', []]);
    }
  up.process.kill('SIGINT');
  await up.ended;
});

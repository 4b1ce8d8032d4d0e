/** The real Claude Code behind claude-agent-acp and `drover adapt acp`. */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TurnRequest } from '../../src/contract/agent/turns';
import type { TurnUsage } from '../../src/contract/usage';
import { Adapted, type AdaptedOptions } from '../adapters/adapted';
import { FakeGateway } from '../agent/gateway';
import { CLAUDE_AGENT_ACP, Model } from './installed';

let model: Model;
let gateway: FakeGateway;
let folder: string;
let running: Adapted[] = [];

beforeAll(async () => {
  model = await Model.start();
});

beforeEach(async () => {
  gateway = await new FakeGateway().listen();
  folder = mkdtempSync(join(tmpdir(), 'drover-claude-acp-'));
  mkdirSync(join(folder, 'home'));
  mkdirSync(join(folder, 'repo'));
  running = [];
});

afterEach(async () => {
  for (const each of running) await each.kill('SIGTERM');
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

afterAll(() => model.stop());

async function claude(given: Partial<AdaptedOptions> = {}): Promise<Adapted> {
  const env = { ...model.claude(join(folder, 'home')), ...given.env };
  const options = { folder: join(folder, 'repo'), program: CLAUDE_AGENT_ACP, ...given, env };
  const started = await Adapted.start(gateway, options);
  running.push(started);
  return started;
}

const task = (value: string, more: Partial<TurnRequest> = {}): Partial<TurnRequest> => ({
  branch: 'b',
  input: { kind: 'task', value },
  ...more,
});

describe('claude-agent-acp', () => {
  test('answers, and continues its session', async () => {
    const agent = await claude();
    expect(await agent.ask('', task('say a word'))).toMatchObject({ action: 'final', response: 'the answer' });
    const before = { action: 'final', response: 'before, a word was said' };
    expect(await agent.ask('', task('what was before'))).toMatchObject(before);
  });

  test('reports what each turn took, over a new start in the same session too', async () => {
    const first = await claude();
    const say = async (agent: Adapted, instance?: string) =>
      (await agent.ask('', task('say a word'), instance)) as { usage?: TurnUsage; session: string };
    const { usage: one } = await say(first);
    const { usage: two, session } = await say(first);
    await first.kill('SIGTERM');
    const second = await claude({ instance: 'two', env: { DROVER_SESSION: session } });
    const { usage: three } = await say(second, 'two');
    const { usage: four } = await say(second, 'two');
    for (const usage of [one, two, three, four]) {
      expect(usage).toMatchObject({ inputTokens: 7, outputTokens: 5 });
      // The price of this model's tokens, of one or two calls: a sum of turns would be more.
      expect(usage?.costUsd).toBeGreaterThan(0.0001);
      expect(usage?.costUsd).toBeLessThan(0.0003);
    }
    expect(second.output).not.toContain('cannot be continued');
  });

  test('asks for a permission, and goes on with the answer', async () => {
    const agent = await claude();
    const asked = (await agent.ask('', task('make a file'))) as { action: string; question: string };
    expect(asked).toMatchObject({ action: 'ask', question: expect.stringContaining('touch made') as string });
    expect(existsSync(join(folder, 'repo/made'))).toBe(false);
    const { question } = asked;
    const reply = await agent.ask('', { branch: 'b', input: { kind: 'answer', question, value: 'allow' } });
    expect(reply).toMatchObject({ action: 'final', response: 'the file is made' });
    expect(existsSync(join(folder, 'repo/made'))).toBe(true);
  });
});

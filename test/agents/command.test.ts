/** The real Claude Code and Codex behind `adapter.command`. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandAdapter } from '../../src/adapters/command';
import { ChildEnvironment } from '../../src/adapters/environment';
import { Sessions } from '../../src/adapters/sessions';
import { failedReply } from '../../src/agent/reports';
import type { CommandFormat } from '../../src/contract/agent';
import { turnRequest } from '../agent/turn-request';
import { CLAUDE, CODEX, Model } from './installed';

let model: Model;
let folder: string;

beforeAll(async () => {
  model = await Model.start();
  folder = mkdtempSync(join(tmpdir(), 'drover-agents-'));
  mkdirSync(join(folder, 'home'));
});

afterAll(() => {
  model.stop();
  rmSync(folder, { recursive: true, force: true });
});

const TOOLS: Readonly<
  Record<'claude' | 'codex', () => { readonly run: string[]; readonly env: Record<string, string> }>
> = {
  claude: () => ({ run: [CLAUDE], env: model.claude(join(folder, 'home')) }),
  codex: () => ({
    run: [CODEX, 'exec', '--skip-git-repo-check', ...model.codex()],
    env: { HOME: join(folder, 'home'), OPENAI_API_KEY: 'test' },
  }),
};

/** An agent of a tool. The reply is as Drover receives it: a thrown error becomes `fail` with its kind. */
function agentOf(format: CommandFormat & keyof typeof TOOLS) {
  const { run, env } = TOOLS[format]();
  const environment = new ChildEnvironment({ PATH: process.env['PATH'], ...env });
  const sessions = new Sessions('branch');
  const onTurn = commandAdapter({ run, format, cwd: folder, timeoutMs: undefined, environment, sessions });
  return async (task: string): Promise<unknown> => {
    const turn = turnRequest({ mayInvoke: ['B', 'End'], input: { kind: 'task', value: task } });
    try {
      return await onTurn({ ...turn, progress: () => undefined }, new AbortController().signal);
    } catch (error) {
      return failedReply(error);
    }
  };
}

describe.each(['claude', 'codex'] as const)('%s', (format) => {
  test('answers, and continues its session', async () => {
    const ask = agentOf(format);
    expect(await ask('say a word')).toMatchObject({ action: 'final', response: 'the answer' });
    expect(await ask('what was before')).toMatchObject({ action: 'final', response: 'before, a word was said' });
  });

  test('invokes another agent by its block', async () => {
    expect(await agentOf(format)('pass it to B')).toMatchObject({
      action: 'invoke',
      invocations: [{ agent: 'B', request: 'go' }],
    });
  });

  test('reports its usage', async () => {
    expect(await agentOf(format)('say a word')).toMatchObject({
      usage: { outputTokens: expect.any(Number) as number },
    });
  });

  test('429 is a rate limit, and 401 a refused credential', async () => {
    expect(await agentOf(format)('hit the limit')).toMatchObject({ action: 'fail', failure: { kind: 'rate_limit' } });
    expect(await agentOf(format)('use a wrong key')).toMatchObject({ action: 'fail', failure: { kind: 'auth' } });
  });
});

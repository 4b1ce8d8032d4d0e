/** The Python package as its users install it, and its wrappers over the frameworks from PyPI. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../src/lib/until';
import { Program } from '../protocol/program';
import { PATIENCE_MS } from '../support/patience';

/** Two frameworks with their dependencies, from an index that may be slow. */
const INSTALL_MS = 900_000;
const ROOT = join(__dirname, '../..');
const USAGE = { inputTokens: 12, outputTokens: 3 };

let folder: string;
let python: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-python-'));
  python = join(folder, 'bin/python');
  execFileSync('python3', ['-m', 'venv', folder]);
  const packages = [`${join(ROOT, 'python')}[langgraph,openai-agents]`];
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: ['ignore', 'ignore', 'inherit'] });
}, INSTALL_MS);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function withAgent(file: string, test: (program: Program) => Promise<void>): Promise<void> {
  const program = await Program.start(`exec '${python}' -u '${join(__dirname, 'python', file)}'`, 'push');
  try {
    await test(program);
  } finally {
    await program.kill();
  }
}

test('a LangGraph graph answers, with its usage and its nodes as progress', async () => {
  await withAgent('langgraph_agent.py', async (program) => {
    const { body } = await program.turn('Which colour has Mars?');
    expect(body).toEqual({ action: 'final', response: 'Mars is red.', usage: USAGE });
    const found = await until(() => program.gateway.progress.find(({ said }) => said !== null), PATIENCE_MS);
    expect(found?.said).toEqual({ text: 'answer' });
  });
});

test('an agent of the OpenAI Agents SDK answers, and hands over where the topology lets it', async () => {
  await withAgent('openai_agent.py', async (program) => {
    const alone = await program.turn('Which colour has Mars?', { mayInvoke: ['End'] });
    expect(alone.body).toEqual({ action: 'final', response: 'Mars is red.', usage: USAGE });
    const { body } = await program.turn('Which colour has Mars?', { mayInvoke: ['Writer', 'End'] });
    const invocations = [{ agent: 'Writer', request: 'Which colour has Mars?' }];
    expect(body).toEqual({ action: 'invoke', invocations, usage: USAGE });
  });
});

test('the package has its types', () => {
  const code =
    'import drover_agent, pathlib; print((pathlib.Path(drover_agent.__file__).parent / "py.typed").exists())';
  expect(execFileSync(python, ['-c', code], { encoding: 'utf8' })).toBe('True\n');
});

/**
 * The Python package as its users install it, and its wrappers over the frameworks from PyPI. Their models are the
 * real clients of OpenAI's API, against aimock on this machine.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../src/lib/until';
import { Program } from '../protocol/program';
import { PATIENCE_MS } from '../support/patience';

/** Three frameworks with their dependencies, from an index that may be slow. */
const INSTALL_MS = 1_800_000;
const ROOT = join(__dirname, '../..');
const AGENTS = join(__dirname, 'python');
const USAGE = { inputTokens: 12, outputTokens: 3 };
const AIMOCK = '@copilotkit/aimock@1.43.0';

let folder: string;
let python: string;
let model: ChildProcess | undefined;
let modelUrl: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'drover-python-'));
  python = join(folder, 'venv/bin/python');
  execFileSync('python3', ['-m', 'venv', join(folder, 'venv')]);
  const packages = [`${join(ROOT, 'python')}[langgraph,openai-agents,crewai]`, 'langchain-openai'];
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', ...packages], { stdio: ['ignore', 'ignore', 'inherit'] });
  mkdirSync(join(folder, 'home'));
  writeFileSync(join(folder, 'package.json'), '{"private": true}\n');
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', AIMOCK], { cwd: folder });
  const aimock = join(folder, 'node_modules/@copilotkit/aimock/dist/index.js');
  const started = spawn(process.execPath, [join(AGENTS, 'model.mjs'), aimock], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  model = started;
  const [line] = (await once(started.stdout.setEncoding('utf8'), 'data')) as [string];
  modelUrl = `${line.trim()}/v1`;
}, INSTALL_MS);

afterAll(() => {
  model?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function withAgent(file: string, test: (program: Program) => Promise<void>): Promise<void> {
  const program = await Program.start(`exec '${python}' -u '${join(AGENTS, file)}'`, 'push', {
    HOME: join(folder, 'home'),
    OPENAI_API_KEY: 'test',
    OPENAI_BASE_URL: modelUrl,
    CREWAI_DISABLE_TELEMETRY: 'true',
    OTEL_SDK_DISABLED: 'true',
  });
  try {
    await test(program);
  } finally {
    await program.kill();
  }
}

test.each(['langgraph_agent.py', 'openai_agent.py', 'crewai_agent.py'])(
  'the agent of %s answers, and each turn has its own usage',
  async (file) => {
    await withAgent(file, async (program) => {
      for (const turn of ['first', 'second']) {
        const { body } = await program.turn('Which colour has Mars?', { mayInvoke: ['End'] });
        expect([turn, body]).toEqual([turn, { action: 'final', response: 'Mars is red.', usage: USAGE }]);
      }
      const both = await Promise.all(
        ['0.1', '0.2'].map((branch) => program.turn('Which colour has Mars?', { branch, mayInvoke: ['End'] })),
      );
      expect(both.map(({ body }) => body)).toEqual(
        Array(2).fill({ action: 'final', response: 'Mars is red.', usage: USAGE }),
      );
    });
  },
);

test('the nodes of a LangGraph graph are the progress of its turn', async () => {
  await withAgent('langgraph_agent.py', async (program) => {
    await program.turn('Which colour has Mars?');
    const found = await until(() => program.gateway.progress.find(({ said }) => said !== null), PATIENCE_MS);
    expect(found?.said).toEqual({ text: 'answer' });
  });
});

test('an agent of the OpenAI Agents SDK hands over where the topology lets it', async () => {
  await withAgent('openai_agent.py', async (program) => {
    const { body } = await program.turn('Which colour has Mars?', { mayInvoke: ['Writer', 'End'] });
    const invocations = [{ agent: 'Writer', request: 'Which colour has Mars?' }];
    expect(body).toEqual({ action: 'invoke', invocations, usage: USAGE });
  });
});

test.each(['langgraph_agent.py', 'openai_agent.py', 'crewai_agent.py'])("the package's page shows %s", (file) => {
  const [, ...lines] = readFileSync(join(AGENTS, file), 'utf8').split('\n\n');
  expect(readFileSync(join(ROOT, 'python/README.md'), 'utf8')).toContain(`\`\`\`python\n${lines.join('\n\n')}\`\`\``);
});

test('the package has its types', () => {
  const code =
    'import drover_agent, pathlib; print((pathlib.Path(drover_agent.__file__).parent / "py.typed").exists())';
  expect(execFileSync(python, ['-c', code], { encoding: 'utf8' })).toBe('True\n');
});

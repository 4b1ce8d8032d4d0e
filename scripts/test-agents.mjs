/**
 * `npm run test:agents`: installs real agents into .cache/agents, about 1.4 GB, and runs test/agents with
 * them against a fake model on loopback. With `--write` the outcome goes into docs/adapters.md.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const CACHE = join(ROOT, '.cache/agents');
/** Exact versions: another version is another test. */
const PACKAGES = {
  '@anthropic-ai/claude-code': '2.1.332',
  '@openai/codex': '0.171.0',
  '@agentclientprotocol/claude-agent-acp': '0.101.0',
  '@copilotkit/aimock': '1.43.0',
  // claude-agent-acp needs a newer Node than Drover.
  node: '22.23.3',
};
const PAGE = join(ROOT, 'docs/adapters.md');
const MARKS = ['<!-- test:agents -->', '<!-- /test:agents -->'];

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error) throw error;
  return status ?? 1;
}

function installed(name) {
  const file = join(CACHE, 'node_modules', name, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

function install() {
  if (Object.entries(PACKAGES).every(([name, version]) => installed(name) === version)) return 0;
  mkdirSync(CACHE, { recursive: true });
  writeFileSync(join(CACHE, 'package.json'), '{"private": true}\n');
  const wanted = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
  return run('npm', ['install', '--no-audit', '--no-fund', ...wanted], { cwd: CACHE });
}

function report(results) {
  const versions = Object.entries(PACKAGES).map(([name, version]) => `${name} ${version}`);
  const tests = results.testResults.flatMap(({ assertionResults }) => assertionResults);
  const lines = tests.map(
    ({ status, fullName, duration }) => `${status.padEnd(7)} ${fullName} (${((duration ?? 0) / 1_000).toFixed(1)} s)`,
  );
  return [...versions, '', ...lines].join('\n');
}

const args = process.argv.slice(2);
const write = args.includes('--write');
const status = install();
if (status !== 0) process.exit(status);
const outcome = join(CACHE, 'outcome.json');
const jest = ['--testPathIgnorePatterns', '/node_modules/', '--testPathPatterns', 'test/agents/', '--maxWorkers', '1'];
const ended = run(process.execPath, [
  join(ROOT, 'node_modules/jest/bin/jest.js'),
  ...jest,
  ...['--json', '--outputFile', outcome],
  ...args.filter((argument) => argument !== '--write'),
]);
const text = report(JSON.parse(readFileSync(outcome, 'utf8')));
console.log(`\n${text}`);
if (write) {
  const [before, rest = ''] = readFileSync(PAGE, 'utf8').split(MARKS[0]);
  const [, after = ''] = rest.split(MARKS[1]);
  writeFileSync(PAGE, `${before}${MARKS[0]}\n\n\`\`\`text\n${text}\n\`\`\`\n\n${MARKS[1]}${after}`);
}
process.exit(ended);

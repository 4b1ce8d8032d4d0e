/**
 * A worker that is killed with -9 at random moments of creating and waking, and another one that repeats what it was asked: no agent
 * twice, none lost, none left. The worker is a process of its own and runs the build.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ResourceCall } from '../../src/contract/activities';
import { ProcessProvider } from '../../src/providers/process';
import { callFor, eventually, wakeOf } from '../providers/calls';

const ROUNDS = 15;
const AGENTS = 8;
const BUILD = join(__dirname, '../../dist/providers/process/index.js');

/** Says when it begins; then everything at once, as a change does. */
const WORKER = `
const { ProcessProvider } = require(${JSON.stringify(BUILD)});
const { options, calls } = JSON.parse(process.argv[1]);
const provider = new ProcessProvider(options);
process.stdout.write('begins\\n', () => {
  for (const call of calls) provider.create(call).then(() => provider.wake(call));
});
setInterval(() => undefined, 1_000);
`;

function processesOf(stateDir: string): string[] {
  const lines = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' }).split('\n');
  // A starting shell still has its record's path among its arguments; the leader has it always.
  return lines.filter((line) => line.includes(`${stateDir}/agents/`) && line.includes('_drover_word'));
}

test(`${String(ROUNDS)} rounds of ${String(AGENTS)} agents`, async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'drover-crash-'));
  const options = {
    stateDir,
    installation: 'crash',
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
    environment: { PATH: process.env['PATH'] },
  };
  const provider = new ProcessProvider(options);
  const spec = { provider: 'process' as const, process: { command: ['sleep', '1000'], cwd: stateDir } };
  for (let round = 0; round < ROUNDS; round += 1) {
    const calls = Array.from({ length: AGENTS }, () => wakeOf(callFor('crash', spec), `instance-${String(round)}`));
    await killedWorker(JSON.stringify({ options, calls }), (round * 7) % 60);
    await Promise.all(calls.map((call) => createAndWake(provider, call)));
    await eventually('one process for each agent', async () => processesOf(stateDir).length === AGENTS || undefined);
    for (const call of calls) expect(await provider.inspect(call)).toMatchObject({ state: 'running' });
    await Promise.all(calls.map((call) => provider.destroy(call)));
    expect(processesOf(stateDir)).toEqual([]);
  }
  expect(await provider.list()).toEqual([]);
  rmSync(stateDir, { recursive: true, force: true });
});

async function createAndWake(provider: ProcessProvider, call: ResourceCall & ReturnType<typeof wakeOf>): Promise<void> {
  await provider.create(call);
  const { pid } = await provider.wake(call);
  expect(pid).toEqual(expect.any(Number));
}

/** Runs a worker and kills it so many milliseconds after it has begun: the moment is what varies here, nothing waits for it. */
async function killedWorker(argument: string, afterMs: number): Promise<void> {
  const worker = spawn(process.execPath, ['-e', WORKER, argument], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(worker, 'exit');
  await once(worker.stdout, 'data');
  await pause(afterMs);
  worker.kill('SIGKILL');
  await ended;
}

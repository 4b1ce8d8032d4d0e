/** Process agents of a test, in a state directory of its own. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceCall } from '../../src/contract/activities';
import { ProcessProvider } from '../../src/providers/process';
import { callFor, eventually, wakeOf } from './calls';

export const INSTALLATION = `testinst${String(process.pid)}`;

export const HOST = {
  PATH: process.env['PATH'],
  HOME: '/home/of-the-worker',
  LANG: 'C.UTF-8',
  SECRET_OF_THE_WORKER: 'no',
  SUB_A: 'the-secret-of-a',
};

export let stateDir: string;

export let provider: ProcessProvider;

export let made: ResourceCall[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-process-'));
  provider = newProvider();
  made = [];
});

afterEach(async () => {
  for (const call of made) await provider.destroy(call);
  rmSync(stateDir, { recursive: true, force: true });
});

export function newProvider(environment: Readonly<Record<string, string | undefined>> = HOST): ProcessProvider {
  return new ProcessProvider({
    stateDir,
    installation: INSTALLATION,
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
    environment,
  });
}

/** A created agent that runs a shell script. */
export async function agentOf(script: string, env: Record<string, string> = {}): Promise<ResourceCall> {
  const call = callFor(INSTALLATION, {
    provider: 'process',
    process: { command: ['sh', '-c', script], env, cwd: stateDir },
  });
  made.push(call);
  await provider.create(call);
  return call;
}

export const FOREVER = 'echo up; while :; do sleep 1; done';

export async function startedAgent(script = FOREVER): Promise<{ call: ResourceCall; pid: number }> {
  const call = await agentOf(script);
  const { pid } = await provider.wake(wakeOf(call));
  if (pid === null) throw new Error('it did not stay up');
  await printed(call, 'up');
  return { call, pid };
}

export async function output(call: ResourceCall): Promise<string> {
  let text = '';
  for await (const piece of provider.logs(call)) text += Buffer.from(piece).toString('utf8');
  return text;
}

export async function printed(call: ResourceCall, text: string): Promise<void> {
  await eventually(`the agent prints ${text}`, async () => (await output(call)).includes(text) || undefined);
}

export async function exited(call: ResourceCall) {
  return eventually('the agent has exited', async () => {
    const state = await provider.inspect(call);
    return state.state === 'exited' ? state : undefined;
  });
}

export function stateOf(pid: number): string {
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}

/** Another provider over the same state directory, with another environment of its worker. */
export function useEnvironment(environment: Readonly<Record<string, string | undefined>>): void {
  provider = newProvider(environment);
}

/** The watch of the process provider: the end of a process is reported at once, once, and only if Drover did not cause it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceCall } from '../../src/contract/activities';
import { ProcessProvider } from '../../src/providers/process';
import type { EndedInstance, Watch } from '../../src/providers/provider';
import { callFor, eventually, wakeOf } from './calls';

const INSTALLATION = `ends${String(process.pid)}`;

let stateDir: string;
let provider: ProcessProvider;
let made: ResourceCall[];
let watches: Watch[];
let reported: EndedInstance[];
let failures: unknown[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-endings-'));
  provider = newProvider();
  made = [];
  watches = [];
  reported = [];
  failures = [];
});

afterEach(async () => {
  await Promise.all(watches.map((watch) => watch.stop()));
  for (const call of made) await provider.destroy(call);
  rmSync(stateDir, { recursive: true, force: true });
  expect(failures).toEqual([]);
});

function newProvider(): ProcessProvider {
  const access = {
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
    environment: { PATH: process.env['PATH'] },
  };
  return new ProcessProvider({ stateDir, installation: INSTALLATION, ...access });
}

/** Watches with a provider, as a worker that starts; `report` may fail. */
function watchWith(watching: ProcessProvider, report: (ended: EndedInstance) => void = () => undefined): Watch {
  const watch = watching.watch(
    async (ended) => {
      report(ended);
      reported.push(ended);
    },
    (error) => failures.push(error),
  );
  watches.push(watch);
  return watch;
}

async function started(script = 'while :; do sleep 1; done'): Promise<{ call: ResourceCall; pid: number }> {
  const spec = { provider: 'process', process: { command: ['sh', '-c', script], cwd: stateDir } } as const;
  const call = callFor(INSTALLATION, spec);
  made.push(call);
  await provider.create(call);
  const { pid } = await provider.wake(wakeOf(call));
  return { call, pid: pid ?? 0 };
}

const endOf = ({ key, fleet, agent }: ResourceCall): EndedInstance => ({ key, fleet, agent, instanceId: 'instance-1' });

async function reports(...calls: ResourceCall[]): Promise<void> {
  await eventually('every end is reported', async () => reported.length >= calls.length || undefined);
  expect(new Set(reported)).toEqual(new Set(calls.map(endOf)));
}

test('a process that is killed, and one that ends, are reported; the same once', async () => {
  const watch = watchWith(provider);
  const killed = await started();
  const ended = await started('exit 0');
  process.kill(killed.pid, 'SIGKILL');
  await reports(killed.call, ended.call);
  await watch.stop();
  watchWith(newProvider());
  const third = await started('exit 3');
  await reports(killed.call, ended.call, third.call);
  expect(reported).toHaveLength(3);
});

test('a process that is killed together with its shell is reported by the worker that started it', async () => {
  watchWith(provider);
  const { call, pid } = await started();
  const { call: other } = await started();
  process.kill(-groupOf(pid), 'SIGKILL');
  await reports(call);
  expect(await provider.inspect(other)).toMatchObject({ state: 'running' });
});

test('what ended while no worker watched, as by a reboot, is reported by the next one, and only by that', async () => {
  const { call, pid } = await started();
  const { call: ended } = await started('exit 0');
  process.kill(-groupOf(pid), 'SIGKILL');
  await eventually('both have ended', async () => {
    const states = await Promise.all([call, ended].map((one) => provider.inspect(one)));
    return states.every(({ state }) => state === 'exited') || undefined;
  });
  const watch = watchWith(newProvider());
  await reports(call, ended);
  await watch.stop();
  watchWith(newProvider());
  const { call: last } = await started('exit 0');
  await reports(call, ended, last);
  expect(reported).toHaveLength(3);
  expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: null });
});

test('what Drover stops, replaces or destroys is not reported', async () => {
  watchWith(provider);
  const [stopped, replaced, destroyed, last] = [await started(), await started(), await started(), await started()];
  await provider.stop(stopped.call, 1_000);
  await provider.wake(wakeOf(replaced.call, 'instance-2'));
  await provider.destroy(destroyed.call);
  process.kill(last.pid, 'SIGKILL');
  await reports(last.call);
});

test('a report that fails is made again', async () => {
  let isAway = true;
  watchWith(provider, () => {
    if (isAway) throw new Error('Temporal is away');
  });
  const first = await started('exit 0');
  await eventually('a report has failed', async () => failures.length > 0 || undefined);
  isAway = false;
  const second = await started('exit 0');
  await reports(first.call, second.call);
  expect(new Set(failures.splice(0).map(String))).toEqual(new Set(['Error: Temporal is away']));
});

/** The process group, which the shell leads. */
function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
}

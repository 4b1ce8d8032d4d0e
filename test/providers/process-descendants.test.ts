/** Every process of an agent belongs to it, wherever it has gone; real processes, seen from outside. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceCall } from '../../src/contract/activities';
import { ProcessProvider } from '../../src/providers/process';
import { lookUp } from '../../src/providers/process/table';
import { callFor, eventually, wakeOf } from './calls';

const INSTALLATION = `kin${String(process.pid)}`;

/** A test machine may lack cgroups, so behaviour that needs none is tested without them. */
const cgroups = false;
let stateDir: string;
let provider: ProcessProvider;
let made: ResourceCall[];
let strangers: ChildProcess[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-kin-'));
  writeFileSync(join(stateDir, 'tool.sh'), TOOL);
  provider = providerIn(stateDir);
  made = [];
  strangers = [];
});

afterEach(async () => {
  for (const call of made) await provider.destroy(call);
  for (const stranger of strangers) stranger.kill('SIGKILL');
  rmSync(stateDir, { recursive: true, force: true });
});

function providerIn(directory: string): ProcessProvider {
  const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };
  const environment = { PATH: process.env['PATH'] };
  return new ProcessProvider({ stateDir: directory, installation: INSTALLATION, environment, cgroups, ...access });
}

/** A running agent; its script has written a line `<name> <pid>` for each of its processes. */
async function running(script: string, names: readonly string[], instanceId = 'a'): Promise<Started> {
  const call = callFor(INSTALLATION, {
    provider: 'process',
    process: { command: ['sh', '-c', script], cwd: stateDir },
  });
  made.push(call);
  await provider.create(call);
  const { pid } = await provider.wake(wakeOf(call, instanceId));
  return { call, main: pid ?? 0, pids: await pidsOf(names) };
}

interface Started {
  readonly call: ResourceCall;
  readonly main: number;
  readonly pids: readonly number[];
}

/** The pid in the file that each process has written of itself. */
function pidsOf(names: readonly string[]): Promise<number[]> {
  return Promise.all(
    names.map((name) =>
      eventually(`${name} tells its pid`, async () => {
        const text = await readSoon(join(stateDir, name));
        return text.endsWith('\n') ? Number(text) : undefined;
      }),
    ),
  );
}

async function readSoon(path: string): Promise<string> {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

const states = (pids: readonly number[]): Promise<string[]> =>
  Promise.all(
    pids.map(async (pid) => {
      const status = await lookUp(pid);
      return status === undefined ? 'gone' : status.stopped ? 'stopped' : 'runs';
    }),
  );

const all = (pids: readonly number[], state: string): string[] => pids.map(() => state);

const LOOP = 'while :; do sleep 1 & wait $!; done';
/** A program that writes its pid and goes on, and ignores SIGTERM and SIGHUP. It is a file, which needs no nested quotes. */
const TOOL = `trap "" TERM HUP; echo $$ >$1; while :; do sleep 1; done\n`;
const told = (name: string): string => `sh ./tool.sh ${name}`;
/** Ways in which a tool leaves its agent's group. */
const WAYS: Readonly<Record<string, string>> = {
  'in its group': `${told('tool')} &`,
  'in a session of its own': `setsid ${told('tool')} &`,
  'a daemon by double fork, whose parents have ended': `(setsid sh -c "${told('tool')} & exit 0" &)`,
  'in a session of its own, with an environment of its own': `setsid env -i PATH="$PATH" ${told('tool')} &`,
  'a child of one in a session of its own': `setsid sh -c "${told('tool')} & wait" &`,
};

describe.each(Object.entries(WAYS))('a tool %s', (_, way) => {
  test('stands still with its agent, goes on with it, and ends with it at a stop', async () => {
    const { call, main, pids } = await running(`trap 'exit 0' TERM; ${way}\n${LOOP}`, ['tool']);
    await provider.suspend(call);
    expect(await states([main, ...pids])).toEqual(['stopped', 'stopped']);
    await provider.continue(call);
    await eventually('both go on', async () => (await states([main, ...pids])).every((s) => s === 'runs') || undefined);
    await provider.stop(call, 10_000);
    expect(await states([main, ...pids])).toEqual(['gone', 'gone']);
    expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: 0 });
  });

  test('ends at a destroy, suspended or not', async () => {
    const { call, main, pids } = await running(`${way}\n${LOOP}`, ['tool']);
    await provider.suspend(call);
    await provider.destroy(call);
    expect(await states([main, ...pids])).toEqual(['gone', 'gone']);
  });
});

test('an agent that makes sessions as fast as it can is stopped whole, and ends whole', async () => {
  const bomb = `i=0; while :; do i=$((i+1)); setsid sh -c 'sleep 1000 & sleep 1000' & [ $((i % 5)) = 0 ] && sleep 0.02; done`;
  const { call } = await running(`echo $$ >main; ${bomb}`, ['main']);
  await eventually('it has some', async () => (await ofKey(call)).length > 20 || undefined);
  await provider.suspend(call);
  const still = await ofKey(call);
  // Its shell goes on, to notice the agent's end.
  expect(still.filter(({ stat }) => !stat.startsWith('T'))).toHaveLength(1);
  await provider.suspend(call);
  expect((await ofKey(call)).map(({ pid }) => pid)).toEqual(still.map(({ pid }) => pid));
  await provider.continue(call);
  await provider.destroy(call);
  expect(await ofKey(call)).toEqual([]);
});

/** The processes with a key in their environment, zombies excepted, as another program sees them. */
async function ofKey({ key }: ResourceCall): Promise<{ pid: number; stat: string }[]> {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,stat='], { encoding: 'utf8' }).trim().split('\n');
  const rows = lines.map((line) => line.trim().split(/\s+/)).map(([pid, stat = '']) => ({ pid: Number(pid), stat }));
  const marked = await Promise.all(
    rows.map(async (row) => (await readSoon(`/proc/${String(row.pid)}/environ`)).includes(`DROVER_KEY=${key}\0`)),
  );
  return rows.filter(({ stat }, index) => marked[index] && !stat.startsWith('Z'));
}

describe('an agent that has ended by itself', () => {
  test('its remains in other sessions are reported, and ended by the worker', async () => {
    const { call, pids } = await running(`setsid ${told('tool')} & until [ -s tool ]; do sleep 0.05; done; exit 3`, [
      'tool',
    ]);
    const state = await eventually('it has ended', async () => {
      const seen = await provider.inspect(call);
      return seen.state === 'exited' ? seen : undefined;
    });
    expect(state.detail).toContain(`processes that it started still run: ${String(pids[0])} (sh)`);
    expect(await provider.list()).toMatchObject([
      { key: call.key, processes: expect.arrayContaining(pids) as unknown },
    ]);
    await provider.maintain();
    expect(await states(pids)).toEqual(['gone']);
    expect(await provider.inspect(call)).toMatchObject({ exitCode: 3, detail: 'exited with code 3' });
  });

  test('a helper of its group lives on when its shell was killed; a worker ends it, another agent’s goes on', async () => {
    const other = await running(`setsid ${told('other')} & ${LOOP}`, ['other']);
    const { call, main, pids } = await running(`${told('tool')} & ${LOOP}`, ['tool']);
    process.kill((await lookUp(main))?.group ?? 0, 'SIGKILL');
    process.kill(main, 'SIGKILL');
    await eventually('it has ended', async () => (await provider.inspect(call)).state === 'exited' || undefined);
    expect((await provider.inspect(call)).detail).toContain(`still run: ${String(pids[0])} (sh)`);
    await provider.maintain();
    expect(await states([...pids, ...other.pids])).toEqual(['gone', 'runs']);
  });

  test.each(['stop', 'destroy'] as const)('%s ends a helper whose group has lost its leader', async (effect) => {
    const { call, main, pids } = await running(`${told('tool')} & ${LOOP}`, ['tool']);
    process.kill((await lookUp(main))?.group ?? 0, 'SIGKILL');
    process.kill(main, 'SIGKILL');
    await eventually('it has ended', async () => (await lookUp(main)) === undefined || undefined);
    expect(await states(pids)).toEqual(['runs']);
    await (effect === 'stop' ? provider.stop(call, 100) : provider.destroy(call));
    expect(await states(pids)).toEqual(['gone']);
  });
});

describe('a wake never leaves remains of the last instance', () => {
  test('a helper of a group that has lost its leader ends before the next instance starts', async () => {
    const { call, main, pids } = await running(`${told('tool')} & ${LOOP}`, ['tool']);
    process.kill((await lookUp(main))?.group ?? 0, 'SIGKILL');
    process.kill(main, 'SIGKILL');
    await eventually('it has ended', async () => (await lookUp(main)) === undefined || undefined);
    rmSync(join(stateDir, 'tool'));
    await provider.wake(wakeOf(call, 'b'));
    expect(await states(pids)).toEqual(['gone']);
    const [tool = 0] = await pidsOf(['tool']);
    expect(await states([tool])).toEqual(['runs']);
  });

  test('one that still runs is asked to end, and ends with all it has started', async () => {
    const { call, main, pids } = await running(
      `trap 'echo bye >said; exit 0' TERM; setsid ${told('tool')} & echo $DROVER_INSTANCE >who; ${LOOP}`,
      ['tool'],
    );
    const { pid } = await provider.wake(wakeOf(call, 'b'));
    expect(pid).not.toBe(main);
    expect(await states([main, ...pids])).toEqual(['gone', 'gone']);
    expect(readFileSync(join(stateDir, 'said'), 'utf8')).toBe('bye\n');
    await eventually(
      'the new one is who runs',
      async () => (await readSoon(join(stateDir, 'who'))) === 'b\n' || undefined,
    );
    expect(await provider.inspect(call)).toMatchObject({ state: 'running', pid });
  });

  test('one that is suspended ends too', async () => {
    const { call, main, pids } = await running(`setsid ${told('tool')} & ${LOOP}`, ['tool']);
    await provider.suspend(call);
    await provider.wake(wakeOf(call, 'b'));
    expect(await states([main, ...pids])).toEqual(['gone', 'gone']);
  });

  test('a wake that is overtaken by a later one starts nothing and ends nothing', async () => {
    const { call } = await running(LOOP, []);
    const { pid } = await provider.wake(wakeOf(call, 'b'));
    expect(await provider.wake(wakeOf(call, 'a'))).toEqual({ pid: null });
    expect(await states([pid ?? 0])).toEqual(['runs']);
  });

  test('of wakes of a new instance at once, one starts', async () => {
    const { call, main } = await running(LOOP, []);
    const woken = await Promise.all([1, 2, 3, 4].map(() => providerIn(stateDir).wake(wakeOf(call, 'b'))));
    expect(new Set(woken.map(({ pid }) => pid)).size).toBe(1);
    expect(await states([main, woken[0]?.pid ?? 0])).toEqual(['gone', 'runs']);
    expect(await provider.inspect(call)).toMatchObject({ state: 'running', pid: woken[0]?.pid });
  });
});

describe('what belongs to no resource here', () => {
  test('is listed with its processes, and ended by its key', async () => {
    const { call, main, pids } = await running(`setsid ${told('tool')} & ${LOOP}`, ['tool']);
    const elsewhere = mkdtempSync(join(tmpdir(), 'drover-kin-'));
    const other = providerIn(elsewhere);
    const [listed] = await other.list();
    const { key, fleet, agent } = call;
    expect(listed).toMatchObject({ resourceId: key, key, fleet, agent });
    expect(listed?.processes).toEqual(expect.arrayContaining([main, ...pids]));
    const age = Date.now() - Date.parse(listed?.createdAt ?? '');
    expect(age).toBeGreaterThan(-2_000);
    expect(age).toBeLessThan(60_000);
    await other.maintain();
    expect(await states([main, ...pids])).toEqual(['runs', 'runs']);
    await other.destroy(call);
    expect(await states([main, ...pids])).toEqual(['gone', 'gone']);
    expect(await other.list()).toEqual([]);
    rmSync(elsewhere, { recursive: true, force: true });
  });

  test('of a key that was destroyed, ends at the next look', async () => {
    const call = callFor(INSTALLATION, { provider: 'process', process: { command: ['true'] } });
    await provider.destroy(call);
    const late = spawn('sleep', ['1000'], {
      env: { DROVER_KEY: call.key, DROVER_INSTANCE: 'a', PATH: process.env['PATH'] },
    });
    strangers.push(late);
    await eventually('it carries its marks', async () => (await ofKey(call)).length === 1 || undefined);
    await provider.maintain();
    await eventually('it is gone', async () => late.signalCode === 'SIGKILL' || undefined);
  });
});

describe('strangers', () => {
  const stranger = (env: NodeJS.ProcessEnv, command = 'sleep 1000'): ChildProcess => {
    const child = spawn('sh', ['-c', command], {
      env: { PATH: process.env['PATH'], ...env },
      detached: true,
      stdio: 'ignore',
    });
    strangers.push(child);
    return child;
  };

  test('another installation’s, another key’s, another instance’s and the worker’s own processes are left alone', async () => {
    const { call } = await running(`setsid ${told('tool')} & ${LOOP}`, ['tool']);
    const others = [
      stranger({}),
      stranger({ DROVER_KEY: `other.${call.key}`, DROVER_INSTANCE: 'a' }),
      stranger({ DROVER_KEY: `${call.key}x`, DROVER_INSTANCE: 'a' }),
      stranger({ NOTE: `DROVER_KEY=${call.key}`, DROVER_INSTANCE: 'a' }),
    ].map(({ pid }) => pid ?? 0);
    await provider.suspend(call);
    expect(await states(others)).toEqual(all(others, 'runs'));
    await provider.stop(call, 100);
    await provider.destroy(call);
    expect(await states(others)).toEqual(all(others, 'runs'));
  });

  test('a group and a session that carry the number of an earlier leader are not the agent’s', async () => {
    const other = stranger({});
    const { call } = await running('exit 0', []);
    await eventually('it has ended', async () => (await provider.inspect(call)).state === 'exited' || undefined);
    const record = join(stateDir, 'agents', call.key, '1.json');
    const instance = JSON.parse(readFileSync(record, 'utf8')) as { leader: { pid: number } };
    writeFileSync(record, JSON.stringify({ ...instance, leader: { ...instance.leader, pid: other.pid } }));
    await provider.stop(call, 100);
    await provider.destroy(call);
    expect(await states([other.pid ?? 0])).toEqual(['runs']);
  });
});

describe('wrappers that eat the polite signal', () => {
  test.each([
    ['sh -c', ['sh', '-c', `trap "" TERM; sh -c 'echo $$ >inner; while :; do sleep 1; done'`]],
    ['npm', ['npm', 'exec', '--call', `echo $$ >inner; while :; do sleep 1; done`]],
  ])('%s', async (_, command) => {
    const call = callFor(INSTALLATION, {
      provider: 'process',
      process: { command, cwd: stateDir, env: { HOME: stateDir } },
    });
    made.push(call);
    await provider.create(call);
    const { pid } = await provider.wake(wakeOf(call));
    const inner = await pidsOf(['inner']);
    await provider.stop(call, 300);
    expect(await states([pid ?? 0, ...inner])).toEqual(['gone', 'gone']);
  });
});

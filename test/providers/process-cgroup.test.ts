/** A cgroup for each instance, if this machine lets its user make one; skipped by name elsewhere. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceCall } from '../../src/contract/activities';
import { ProcessProvider } from '../../src/providers/process';
import { freezeCgroup, parseOwnCgroup } from '../../src/providers/process/cgroup';
import { lookUp } from '../../src/providers/process/table';
import { callFor, eventually, wakeOf } from './calls';

const INSTALLATION = `cgroup${String(process.pid)}`;
/** It leaves its parents, its session and its environment: only a cgroup still knows whose it is. */
const DAEMON = `(setsid env -i PATH="$PATH" sh -c "sh ./tool.sh & exit 0" &)`;
const TOOL = `trap "" TERM HUP; echo $$ >tool; while :; do sleep 1; done\n`;
const LOOP = 'while :; do sleep 1 & wait $!; done';

describe('the cgroup of this process', () => {
  const unified = '35 24 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate';
  test.each([
    ['of a session', unified, '0::/user.slice/a.scope\n', '/sys/fs/cgroup/user.slice/a.scope'],
    ['at the root of a container', unified, '0::/\n', '/sys/fs/cgroup'],
    [
      'beside older ones',
      `34 24 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu\n36 24 0:31 / /cg/v2 rw - cgroup2 none rw`,
      '3:cpu:/x\n0::/y\n',
      '/cg/v2/y',
    ],
    ['below a mount of a part', '35 24 0:30 /a/b /mnt/b rw - cgroup2 cgroup2 rw', '0::/a/b/c\n', '/mnt/b/c'],
    ['outside of the mount', '35 24 0:30 /a/b /mnt/b rw - cgroup2 cgroup2 rw', '0::/a\n', undefined],
    ['outside of the namespace', unified, '0::/../x\n', undefined],
    ['of the first version only', '34 24 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu', '3:cpu:/x\n', undefined],
  ])('%s', (_, mounts, own, path) => {
    expect(parseOwnCgroup(mounts, own)).toBe(path);
  });
});

/** Why this machine has none; undefined if it has. */
function cgroupMissing(): string | undefined {
  try {
    const [mounts = '', own = ''] = ['mountinfo', 'cgroup'].map((name) => readFileSync(`/proc/self/${name}`, 'utf8'));
    const path = join(parseOwnCgroup(mounts, own) ?? '/no/cgroup', `drover-probe-${INSTALLATION}`);
    mkdirSync(path);
    rmdirSync(path);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

const missing = cgroupMissing();
const title = `an agent with a cgroup${missing === undefined ? '' : ` (skipped: ${missing})`}`;

(missing === undefined ? describe : describe.skip)(title, () => {
  let stateDir: string;
  let provider: ProcessProvider;
  let call: ResourceCall;
  beforeEach(() => {
    stateDir = mkdtempSync(join(tmpdir(), 'drover-cgroup-'));
    writeFileSync(join(stateDir, 'tool.sh'), TOOL);
    const access = { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'secret' };
    const environment = { PATH: process.env['PATH'] };
    provider = new ProcessProvider({ stateDir, installation: INSTALLATION, environment, ...access });
  });

  afterEach(async () => {
    await provider.destroy(call);
    rmSync(stateDir, { recursive: true, force: true });
  });

  async function running(script: string): Promise<{ main: number; tool: number; cgroup: string }> {
    const process_ = { command: ['sh', '-c', script], cwd: stateDir };
    call = callFor(INSTALLATION, { provider: 'process', process: process_ });
    await provider.create(call);
    const { pid } = await provider.wake(wakeOf(call));
    const tool = await eventually('the tool tells its pid', async () => {
      const path = join(stateDir, 'tool');
      const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
      return text.endsWith('\n') ? Number(text) : undefined;
    });
    const record: unknown = JSON.parse(readFileSync(join(stateDir, 'agents', call.key, '1.json'), 'utf8'));
    expect(record).toMatchObject({ cgroup: expect.stringContaining(call.key) as string });
    return { main: pid ?? 0, tool, ...(record as { cgroup: string }) };
  }

  const stateOf = async (pid: number): Promise<string> => {
    const status = await lookUp(pid);
    return status === undefined ? 'gone' : status.stopped ? 'stopped' : 'runs';
  };

  test('a daemon that has cleared its environment stands still, goes on, and ends at a stop', async () => {
    const { tool, cgroup } = await running(`trap 'exit 0' TERM; ${DAEMON}\n${LOOP}`);
    await provider.suspend(call);
    expect(await stateOf(tool)).toBe('stopped');
    await provider.continue(call);
    await eventually('it goes on', async () => (await stateOf(tool)) === 'runs' || undefined);
    await provider.stop(call, 10_000);
    expect(await stateOf(tool)).toBe('gone');
    expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: 0 });
    expect(existsSync(cgroup)).toBe(false);
  });

  test('it ends with its agent, without a worker', async () => {
    const { tool } = await running(`${DAEMON}\nuntil [ -s tool ]; do sleep 0.05; done; exit 3`);
    await eventually('it is gone', async () => (await stateOf(tool)) === 'gone' || undefined);
    expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: 3 });
  });

  test('it ends at the wake of the next instance, and at a destroy', async () => {
    const first = await running(`${DAEMON}\n${LOOP}`);
    rmSync(join(stateDir, 'tool'));
    await provider.wake(wakeOf(call, 'b'));
    expect([await stateOf(first.main), await stateOf(first.tool)]).toEqual(['gone', 'gone']);
    expect(existsSync(first.cgroup)).toBe(false);
    const tool = await eventually('the next one’s tool tells its pid', async () => {
      const path = join(stateDir, 'tool');
      return existsSync(path) && readFileSync(path, 'utf8') !== '' ? Number(readFileSync(path, 'utf8')) : undefined;
    });
    await provider.destroy(call);
    expect(await stateOf(tool)).toBe('gone');
  });

  test('one that a lost worker has made no record of goes with its key', async () => {
    const { cgroup } = await running(`${DAEMON}\n${LOOP}`);
    const unrecorded = cgroup.replace(/-1$/, '-2');
    const namesake = cgroup.replace(/-1$/, '-B-1');
    for (const path of [unrecorded, namesake]) mkdirSync(path);
    await provider.destroy(call);
    expect([cgroup, unrecorded, namesake].map((path) => existsSync(path))).toEqual([false, false, true]);
    rmdirSync(namesake);
  });

  test('one that a worker has left frozen is paused, and goes on', async () => {
    const { main, cgroup } = await running(`${DAEMON}\n${LOOP}`);
    await freezeCgroup(cgroup, true);
    expect(await provider.inspect(call)).toMatchObject({ state: 'paused' });
    await provider.continue(call);
    expect(await provider.inspect(call)).toMatchObject({ state: 'running', pid: main });
    await freezeCgroup(cgroup, true);
    await provider.stop(call, 200);
    expect(await stateOf(main)).toBe('gone');
  });
});

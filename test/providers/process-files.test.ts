/** The process provider with files that it has not written, and with a disk without room. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceCall } from '../../src/contract/activities';
import { ProcessProvider } from '../../src/providers/process';
import { LOG_LIMIT_BYTES } from '../../src/providers/process/logs';
import { lookUp } from '../../src/providers/process/table';
import { fill, freeBytes, mayMount, smallDisk } from '../support/small-disk';
import { callFor, eventually, wakeOf } from './calls';

const INSTALLATION = `testfiles${String(process.pid)}`;

let stateDir: string;
let made: ResourceCall[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-process-'));
  made = [];
});
afterEach(async () => {
  for (const call of made) await providerOf(stateDir).destroy(call);
  rmSync(stateDir, { recursive: true, force: true });
});

function providerOf(folder: string): ProcessProvider {
  return new ProcessProvider({
    stateDir: folder,
    installation: INSTALLATION,
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
    environment: { PATH: process.env['PATH'] },
  });
}

async function created(folder = stateDir): Promise<ResourceCall> {
  const call = callFor(INSTALLATION, {
    provider: 'process',
    process: { command: ['sh', '-c', 'while :; do sleep 1; done'], cwd: folder },
  });
  await providerOf(folder).create(call);
  return call;
}

const DAMAGES = {
  'zero bytes': '',
  NULs: '\0'.repeat(80),
  'garbage text': 'hello',
  'half a JSON': '{"number":1,"insta',
  'JSON of another shape': '{"number":1,"instanceId":"i","leader":{"pid":1,"started":"x"},"logOffset":0}',
  'a JSON list': '[]',
} as const;
const damages = Object.keys(DAMAGES) as (keyof typeof DAMAGES)[];

test.each([...damages, 'a directory'] as const)(
  'a record of %s is the error of its agent, with its path; the others go on, and a destroy needs none',
  async (damage) => {
    const provider = providerOf(stateDir);
    const [call, other] = [await created(), await created()];
    made.push(call, other);
    const { pid } = await provider.wake(wakeOf(call, 'i1'));
    await provider.wake(wakeOf(other, 'i1'));
    const file = join(stateDir, 'agents', call.key, '1.json');
    rmSync(file);
    if (damage === 'a directory') mkdirSync(file);
    else writeFileSync(file, DAMAGES[damage]);

    for (const use of [
      () => provider.suspend(call),
      () => provider.continue(call),
      () => provider.inspect(call),
      () => provider.wake(wakeOf(call, 'i1')),
    ]) {
      await expect(use()).rejects.toThrow(`${file} `);
      await expect(use()).rejects.toMatchObject({ code: 'ProviderError', details: { permanent: true } });
    }
    await provider.suspend(other);
    expect(await provider.inspect(other)).toMatchObject({ state: 'paused' });
    expect((await provider.list()).map(({ key }) => key).sort()).toEqual([call.key, other.key].sort());

    await provider.destroy(call);
    await eventually('the process is gone', async () => !(await lookUp(pid ?? 0)) || undefined);
    expect(readdirSync(join(stateDir, 'agents', call.key)).sort()).toEqual(['destroyed', 'output.log']);
  },
);

test.each(damages)('an owner of %s hinders only its list, which says so', async (damage) => {
  const provider = providerOf(stateDir);
  const [call, other] = [await created(), await created()];
  made.push(call, other);
  const file = join(stateDir, 'agents', call.key, 'resource.json');
  writeFileSync(file, DAMAGES[damage]);
  await provider.wake(wakeOf(call, 'i1'));
  await provider.suspend(call);
  expect(await provider.inspect(call)).toMatchObject({ state: 'paused' });
  const skipped: string[] = [];
  const held = await provider.list((why) => skipped.push(why));
  expect(held.map(({ key }) => key)).toContain(other.key);
  expect(skipped).toEqual([expect.stringContaining(`${file} `)]);
  await expect(provider.list()).rejects.toThrow(file);
  await provider.stop(call, 1_000);
  expect(await provider.destroy(call)).toEqual({ existed: true });
});

test.each(damages)('a tombstone of %s refuses its key all the same', async (damage) => {
  const provider = providerOf(stateDir);
  const call = await created();
  await provider.destroy(call);
  writeFileSync(join(stateDir, 'agents', call.key, 'destroyed'), DAMAGES[damage]);
  await expect(provider.create(call)).rejects.toThrow('was destroyed');
  expect(await provider.inspect(call)).toMatchObject({ state: 'absent' });
  expect(await provider.list()).toEqual([]);
  expect(await provider.destroy(call)).toEqual({ existed: true });
});

test.each(damages)('reports of %s are as none: the agent has ended', async (damage) => {
  const provider = providerOf(stateDir);
  const call = await created();
  made.push(call);
  await provider.wake(wakeOf(call, 'i1'));
  await provider.stop(call, 1_000);
  for (const report of ['1.agent', '1.exit']) {
    writeFileSync(join(stateDir, 'agents', call.key, report), DAMAGES[damage]);
  }
  expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: null });
});

(mayMount() ? describe : describe.skip)('on a full disk (a tmpfs, which only root may mount)', () => {
  test('logs over their limit are cut, each, with their last lines kept, and there is room again', async () => {
    const disk = smallDisk(32);
    if (!disk) throw new Error('no disk');
    try {
      const calls = [await created(disk.path), await created(disk.path)];
      const logs = calls.map(({ key }) => join(disk.path, 'agents', key, 'output.log'));
      for (const log of logs) {
        writeFileSync(log, 'x'.repeat(LOG_LIMIT_BYTES + 1_024 * 1_024));
        writeFileSync(log, '\nthe last line\n', { flag: 'a' });
      }
      fill(disk.path);
      const round = () => providerOf(disk.path).maintain();
      await expect(round()).rejects.toThrow(`${logs[0] ?? ''} was cut without a whole copy of its end`);
      for (const log of logs) {
        expect(statSync(log).size).toBe(0);
        expect(readFileSync(`${log}.1`, 'utf8')).toMatch(/x\nthe last line\n$/);
        expect(readdirSync(join(log, '..')).filter((name) => name.endsWith('.draft'))).toEqual([]);
      }
      expect(freeBytes(disk.path)).toBeGreaterThan(LOG_LIMIT_BYTES);
      await round();
    } finally {
      disk.remove();
    }
  });
});

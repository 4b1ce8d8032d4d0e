/** Finds, creates and wakes process agents, and refuses those that cannot start. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ResourceDirectory } from '../../src/providers/process/directory';
import { startLeader } from '../../src/providers/process/shim';
import { lookUp } from '../../src/providers/process/table';
import { callFor, eventually, wakeOf } from './calls';
import {
  INSTALLATION,
  stateDir,
  provider,
  made,
  newProvider,
  agentOf,
  FOREVER,
  startedAgent,
  output,
  printed,
  exited,
} from './process-agents';

describe('find or create, and wake', () => {
  test('a second wake of the running one is success, also by another worker', async () => {
    const { call, pid } = await startedAgent();
    expect(await provider.wake(wakeOf(call))).toEqual({ pid });
    expect(await newProvider().wake(wakeOf(call))).toEqual({ pid });
  });

  test('of many wakes at once one starts', async () => {
    const call = await agentOf(FOREVER);
    const pids = await Promise.all(
      Array.from({ length: 12 }, () =>
        newProvider()
          .wake(wakeOf(call))
          .then(({ pid }) => pid),
      ),
    );
    expect(new Set(pids).size).toBe(1);
    await printed(call, 'up');
    await eventually('the other shells are gone', async () => {
      const lines = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' });
      return lines.split(`${call.key}/`).length - 1 <= 2 || undefined;
    });
    expect((await output(call)).trim()).toBe('up');
  });

  test('a repeated wake of an instance that has ended does not run it twice; a new instance runs', async () => {
    const call = await agentOf('echo ran; exit 0');
    await provider.wake(wakeOf(call, 'a'));
    await exited(call);
    expect(await provider.wake(wakeOf(call, 'a'))).toEqual({ pid: null });
    expect(await output(call)).toBe('ran\n');
    await provider.wake(wakeOf(call, 'b'));
    await printed(call, 'ran\nran');
  });

  test('a pid that belongs to another process now is not mistaken for the agent', async () => {
    const { call, pid } = await startedAgent();
    process.kill(pid, 'SIGKILL');
    await exited(call);
    const directory = join(stateDir, 'agents', call.key);
    const [, line = '', boot = ''] = readFileSync(join(directory, '1.agent'), 'utf8').split('\n');
    const innocent = String(process.pid);
    writeFileSync(join(directory, '1.agent'), `${innocent}\n${line.replace(/^\d+/, innocent)}\n${boot}\n`);
    expect(await provider.inspect(call)).toMatchObject({ state: 'exited' });
    await provider.stop(call, 100);
    await provider.destroy(call);
  });

  test('a worker that dies between the record and the go leaves nothing, and the next wake starts', async () => {
    const call = await agentOf(FOREVER);
    const directory = new ResourceDirectory(join(stateDir, 'agents'), call.key);
    const reports = await directory.makeReports(1);
    const log = await directory.openLog();
    const common = { cwd: stateDir, env: {}, log: log.fd, title: 'mars/worker', cgroup: '' };
    const start = { ...common, command: ['sh', '-c', FOREVER] };
    const leader = await startLeader({ ...start, ...reports });
    const identity = await lookUp(leader.pid);
    await directory.claim({
      number: 1,
      instanceId: 'a',
      leader: { pid: leader.pid, started: identity?.started ?? '' },
      logOffset: 0,
    });
    await leader.dismiss(); // what the kernel does when the worker dies
    await log.close();
    await exited(call);
    expect(await output(call)).toBe('');
    expect(await provider.wake(wakeOf(call, 'a'))).toEqual({ pid: expect.any(Number) as number });
    await printed(call, 'up');
  });

  test('create finds what is there, and refuses a key that was destroyed, before or in between', async () => {
    const { call, pid } = await startedAgent();
    expect(await provider.create(call)).toEqual({ resourceId: call.key });
    expect(await provider.inspect(call)).toMatchObject({ pid });
    expect(await provider.destroy(call)).toEqual({ existed: true });
    expect(await provider.destroy(call)).toEqual({ existed: true });
    expect(await lookUp(pid)).toBeUndefined();
    const refusal = {
      code: 'ProviderError',
      details: { permanent: true },
      message: expect.stringContaining('was destroyed') as string,
    };
    await expect(provider.create(call)).rejects.toMatchObject(refusal);
    await expect(provider.wake(wakeOf(call))).rejects.toMatchObject(refusal);
    expect(await provider.inspect(call)).toMatchObject({ state: 'absent' });
    expect(readdirSync(join(stateDir, 'agents', call.key)).sort()).toEqual(['destroyed', 'output.log']);
  });

  test('the log of a destroyed agent is kept as long as its tombstone', async () => {
    const call = await agentOf('echo the reason; exit 3');
    await provider.wake(wakeOf(call));
    await exited(call);
    await provider.destroy(call);
    expect(await output(call)).toBe('the reason\n');
    expect(await provider.list()).toEqual([]);
    const tombstone = join(stateDir, 'agents', call.key, 'destroyed');
    writeFileSync(tombstone, JSON.stringify({ existed: true, at: '2020-01-01T00:00:00.000Z' }));
    expect(await provider.list()).toEqual([]);
    expect(readdirSync(join(stateDir, 'agents'))).not.toContain(call.key);
  });

  test('destroy of what never was succeeds and refuses its late create', async () => {
    const call = callFor(INSTALLATION, { provider: 'process', process: { command: ['true'] } });
    expect(await provider.destroy(call)).toEqual({ existed: false });
    await expect(provider.create(call)).rejects.toMatchObject({ details: { permanent: true } });
    expect(await provider.destroy(call)).toEqual({ existed: false });
  });

  test('destroy against wakes at the same moment leaves no process', async () => {
    for (let round = 0; round < 15; round += 1) {
      const call = await agentOf(FOREVER);
      const wakes = Promise.allSettled(Array.from({ length: 3 }, () => newProvider().wake(wakeOf(call))));
      await new Promise((resolve) => setTimeout(resolve, round));
      await provider.destroy(call);
      await wakes;
      await eventually('nothing of it is left', async () => {
        const lines = execFileSync('ps', ['-A', '-ww', '-o', 'args='], { encoding: 'utf8' });
        return !lines.includes(call.key) || undefined;
      });
      const left = readdirSync(join(stateDir, 'agents', call.key));
      expect(left.filter((name) => name !== 'output.log')).toEqual(['destroyed']);
    }
  });

  test('list shows this installation’s resources only', async () => {
    const call = await agentOf('true');
    const foreign = callFor('otherinst', { provider: 'process', process: { command: ['true'] } });
    await provider.create(foreign);
    made.push(foreign);
    const gone = await agentOf('true');
    await provider.destroy(gone);
    const { key, fleet, agent } = call;
    expect(await provider.list()).toEqual([
      { resourceId: key, key, fleet, agent, createdAt: expect.any(String) as string },
    ]);
  });
});

describe('what cannot start', () => {
  test.each([
    [
      'a command that is not in PATH',
      { command: ['no-such-program', 'x'] },
      /mars\/worker: command "no-such-program" cannot be run: no directory of PATH has it/,
    ],
    [
      'a path that is not there',
      { command: ['./agent.sh'], cwd: '/tmp' },
      /command ".\/agent.sh" cannot be run: no executable file \/tmp\/agent.sh/,
    ],
    ['a file that is not executable', { command: ['/etc/passwd'] }, /no executable file \/etc\/passwd/],
    [
      'a directory that is not there',
      { command: ['true'], cwd: '/no/such/place' },
      /working directory \/no\/such\/place does not exist/,
    ],
  ])('%s is named', async (_, spec, message) => {
    const call = callFor(INSTALLATION, { provider: 'process', process: spec });
    made.push(call);
    await provider.create(call);
    await expect(provider.wake(wakeOf(call))).rejects.toMatchObject({
      code: 'ProviderError',
      details: { permanent: true },
      message: expect.stringMatching(message) as string,
    });
    expect(await provider.inspect(call)).toMatchObject({ state: 'stopped' });
  });

  test.each([['../escape'], [''], ['a/b'], ['.hidden'], ['a'.repeat(201)]])('the key %j is refused', async (key) => {
    const call = { ...callFor(INSTALLATION, { provider: 'process', process: { command: ['true'] } }), key };
    await expect(provider.create(call)).rejects.toMatchObject({ details: { permanent: true } });
  });

  test('an environment name that no shell hands on is refused', async () => {
    const call = callFor(INSTALLATION, { provider: 'process', process: { command: ['true'], env: { 'A-B': 'x' } } });
    await expect(provider.create(call)).rejects.toMatchObject({ message: expect.stringContaining('"A-B"') as string });
  });
});

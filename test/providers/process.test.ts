/** A process agent: its environment, its end, and its state. */
import { readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { agentToken } from '../../src/contract/agent/token';
import { ResourceDirectory } from '../../src/providers/process/directory';
import { lookUp } from '../../src/providers/process/table';
import { callFor, eventually, wakeOf } from './calls';
import {
  HOST,
  INSTALLATION,
  agentOf,
  exited,
  made,
  output,
  printed,
  provider,
  startedAgent,
  stateDir,
  stateOf,
  useEnvironment,
} from './process-agents';

describe('a process', () => {
  test('gets the secrets that its variables refer to, and the variables that the worker passes on', async () => {
    const file = join(stateDir, 'key');
    writeFileSync(file, 'sk-of-a-file\n');
    const call = callFor(INSTALLATION, {
      provider: 'process',
      process: {
        command: ['sh', '-c', 'env | sort; echo done'],
        cwd: stateDir,
        env: { OPENAI_API_KEY: 'env:SUB_A', OTHER: `file:${file}`, TEXT: 'literal:env:SUB_A', TZ: 'CET' },
        passEnv: ['HTTPS_PROXY', 'TZ', 'NOWHERE'],
      },
    });
    made.push(call);
    useEnvironment({ ...HOST, HTTPS_PROXY: 'http://proxy:3128', TZ: 'UTC' });
    await provider.create(call);
    await provider.wake(wakeOf(call));
    await printed(call, 'done');
    const lines = (await output(call)).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'OPENAI_API_KEY=the-secret-of-a',
        'OTHER=sk-of-a-file',
        'TEXT=env:SUB_A',
        'HTTPS_PROXY=http://proxy:3128',
        'TZ=CET',
      ]),
    );
    expect(lines.filter((line) => line.startsWith('NOWHERE'))).toEqual([]);
    const { log } = await exited(call);
    expect(log).toContain('OPENAI_API_KEY=***');
    expect(log).toContain('OTHER=***');
    const directory = join(stateDir, 'agents', call.key);
    for (const name of readdirSync(directory).filter((entry) => entry.endsWith('.json')))
      expect(readFileSync(join(directory, name), 'utf8')).not.toMatch(/the-secret-of-a|sk-of-a-file/);
  });

  test.each([
    ['env:NOWHERE', "variable API_KEY: secret env:NOWHERE: the worker's environment has no variable NOWHERE"],
    ['file:/nowhere/key', 'variable API_KEY: secret file:/nowhere/key: /nowhere/key cannot be read (ENOENT)'],
  ])('a variable that refers to %s, which is not there, fails the start and is named', async (reference, message) => {
    const call = await agentOf('echo never', { API_KEY: reference });
    await expect(provider.wake(wakeOf(call))).rejects.toMatchObject({ message, details: { permanent: true } });
    expect(await output(call)).toBe('');
  });

  test('has the environment of its file, three variables of the worker and those of Drover, and nothing else', async () => {
    const call = await agentOf('env | sort; echo done', { LETTERS: 'M', code: '7', LANG: 'de_DE' });
    await provider.wake({
      ...wakeOf(call),
      subscription: { pool: 'p', name: 'a', assignment: 4, secret: 'env:SUB_A' },
    });
    await printed(call, 'done');
    const lines = (await output(call))
      .split('\n')
      .filter((line) => /^\w+=/.test(line) && !/^(PWD|_|SHLVL)=/.test(line));
    expect(Object.fromEntries(lines.map((line) => line.split(/=(.*)/s).slice(0, 2)))).toEqual({
      LETTERS: 'M',
      code: '7',
      LANG: 'de_DE',
      HOME: '/home/of-the-worker',
      PATH: HOST.PATH,
      DROVER_GATEWAY: 'http://127.0.0.1:1',
      DROVER_FLEET: 'mars',
      DROVER_AGENT: 'worker',
      DROVER_TOKEN: agentToken('secret', 'mars', 'worker'),
      DROVER_INSTANCE: 'instance-1',
      DROVER_KEY: call.key,
      DROVER_ASSIGNMENT: '4',
    });
  });

  test('gets its credential by the variable of its pool, which is in no file and in no text about it', async () => {
    const call = await agentOf('echo "$API_KEY" | rev; echo "refused: $API_KEY" >&2; exit 3');
    const withPool = { ...call, spec: { ...call.spec, subscription: { pool: 'p', inject: { env: 'API_KEY' } } } };
    const subscription = { pool: 'p', name: 'a', assignment: 1, secret: 'env:SUB_A' };
    await provider.wake({ ...wakeOf(withPool), subscription });
    const { log } = await exited(call);
    expect(log).toContain('a-fo-terces-eht');
    expect(log).toContain('refused: ***');
    const directory = join(stateDir, 'agents', call.key);
    for (const file of readdirSync(directory).filter((name) => name !== 'output.log'))
      expect(readFileSync(join(directory, file), 'utf8')).not.toContain('the-secret-of-a');
  });

  test('does not start without its credential, and says which reference leads nowhere', async () => {
    const call = await agentOf('echo up');
    const withPool = { ...call, spec: { ...call.spec, subscription: { pool: 'p', inject: { env: 'API_KEY' } } } };
    const subscription = { pool: 'p', name: 'a', assignment: 1, secret: 'env:NOWHERE' };
    await expect(provider.wake({ ...wakeOf(withPool), subscription })).rejects.toMatchObject({
      code: 'ProviderError',
      message: expect.stringContaining('env:NOWHERE') as unknown,
      details: { permanent: true },
    });
  });

  test('is shown by its own pid, in a group that is not the worker’s', async () => {
    const call = await agentOf('echo up $$; exec sleep 1000');
    const { pid } = await provider.wake(wakeOf(call));
    await printed(call, `up ${String(pid)}`);
    await eventually('it became sleep', async () =>
      readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8').startsWith('sleep') ? true : undefined,
    );
    const own = await lookUp(process.pid);
    const agent = await lookUp(pid ?? 0);
    expect(agent?.group).not.toBe(own?.group);
  });

  test('killed with -9 has exited with 137', async () => {
    const { call, pid } = await startedAgent();
    process.kill(pid, 'SIGKILL');
    expect(await exited(call)).toMatchObject({ exitCode: 137, pid: null });
  });

  test('killed with -9 while it is suspended is noticed too', async () => {
    const { call, pid } = await startedAgent();
    await provider.suspend(call);
    process.kill(pid, 'SIGKILL');
    expect(await exited(call)).toMatchObject({ exitCode: 137 });
  });

  test('killed together with its shell is noticed, without an exit code', async () => {
    const { call, pid } = await startedAgent();
    const group = (await lookUp(pid))?.group ?? 0;
    process.kill(-group, 'SIGKILL');
    expect(await exited(call)).toMatchObject({
      exitCode: null,
      detail: expect.stringContaining('without an exit code') as string,
    });
    await provider.wake(wakeOf(call, 'instance-2'));
    expect(await provider.inspect(call)).toMatchObject({ state: 'running' });
  });

  test('whose shell alone was killed still runs, is suspended and stopped', async () => {
    const { call, pid } = await startedAgent();
    process.kill((await lookUp(pid))?.group ?? 0, 'SIGKILL');
    expect(await provider.wake(wakeOf(call))).toEqual({ pid });
    await provider.suspend(call);
    // A stop signal waits while the process is in the kernel (state D).
    await eventually('stopped', () => Promise.resolve(stateOf(pid).startsWith('T') || undefined));
    await provider.stop(call, 5_000);
    expect(await lookUp(pid)).toBeUndefined();
  });

  test('that ends takes the rest of its group along', async () => {
    const call = await agentOf('sleep 1000 & echo child $!; exit 3');
    await provider.wake(wakeOf(call));
    expect(await exited(call)).toMatchObject({ exitCode: 3 });
    const child = Number(/child (\d+)/.exec(await output(call))?.[1]);
    await eventually('the child is gone', async () => ((await lookUp(child)) ? undefined : true));
  });

  test('that did not start tells of its lines without its credential', async () => {
    // The shell names the file that it could not write, whose path holds the key, which here holds the credential.
    const call = callFor('the-secret-of-a', { provider: 'process', process: { command: ['true'], cwd: stateDir } });
    made.push(call);
    await provider.create(call);
    const claim = Object.getOwnPropertyDescriptor(ResourceDirectory.prototype, 'claim')
      ?.value as ResourceDirectory['claim'];
    const claimed = jest.spyOn(ResourceDirectory.prototype, 'claim');
    claimed.mockImplementation(async function (this: ResourceDirectory, instance) {
      const isClaimed = await claim.call(this, instance);
      const record = join(this.path, '1.agent');
      rmSync(record);
      symlinkSync(join(stateDir, 'no/such/place'), record);
      return isClaimed;
    });
    const subscription = { pool: 'p', name: 'a', assignment: 1, secret: 'env:SUB_A' };
    const waking = provider.wake({ ...wakeOf(call), subscription });
    const error: unknown = await waking.catch((thrown: unknown) => thrown);
    claimed.mockRestore();
    expect(String(error)).toMatch(/^DroverError: mars\/worker: its process did not start: .*\*\*\*\.inc/su);
    expect(String(error)).not.toContain('the-secret-of-a');
  });

  test('tells of its last lines, without its token', async () => {
    const call = await agentOf('echo first; echo "token $DROVER_TOKEN"; echo worst >&2; exit 4');
    await provider.wake(wakeOf(call));
    const state = await exited(call);
    expect(state).toEqual({
      state: 'exited',
      exitCode: 4,
      pid: null,
      detail: 'exited with code 4',
      log: 'first\ntoken ***\nworst',
    });
  });

  test('its files are its owner’s alone', async () => {
    const { call } = await startedAgent();
    const directory = join(stateDir, 'agents', call.key);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const modes = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mode & 0o777]);
    expect(modes).toEqual(['1.agent', '1.exit', '1.json', 'output.log', 'resource.json'].map((name) => [name, 0o600]));
  });
});

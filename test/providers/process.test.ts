import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ResourceCall } from '../../src/contract/activities';
import { agentToken } from '../../src/contract/agent/token';
import { ProcessProvider } from '../../src/providers/process';
import { ResourceDirectory } from '../../src/providers/process/directory';
import { LOG_LIMIT_BYTES, cutLog } from '../../src/providers/process/logs';
import { startLeader } from '../../src/providers/process/shim';
import { lookUp } from '../../src/providers/process/table';
import { callFor, eventually, wakeOf } from './calls';

const INSTALLATION = `testinst${String(process.pid)}`;
const HOST = {
  PATH: process.env['PATH'],
  HOME: '/home/of-the-worker',
  LANG: 'C.UTF-8',
  SECRET_OF_THE_WORKER: 'no',
  SUB_A: 'the-secret-of-a',
};

let stateDir: string;
let provider: ProcessProvider;
let made: ResourceCall[];

beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'drover-process-'));
  provider = newProvider();
  made = [];
});

afterEach(async () => {
  for (const call of made) await provider.destroy(call);
  rmSync(stateDir, { recursive: true, force: true });
});

function newProvider(environment: Readonly<Record<string, string | undefined>> = HOST): ProcessProvider {
  return new ProcessProvider({
    stateDir,
    installation: INSTALLATION,
    gatewayUrl: 'http://127.0.0.1:1',
    agentSecret: 'secret',
    environment,
  });
}

/** A created agent that runs a shell script. */
async function agentOf(script: string, env: Record<string, string> = {}): Promise<ResourceCall> {
  const call = callFor(INSTALLATION, {
    provider: 'process',
    process: { command: ['sh', '-c', script], env, cwd: stateDir },
  });
  made.push(call);
  await provider.create(call);
  return call;
}

const FOREVER = 'echo up; while :; do sleep 1; done';

async function startedAgent(script = FOREVER): Promise<{ call: ResourceCall; pid: number }> {
  const call = await agentOf(script);
  const { pid } = await provider.wake(wakeOf(call));
  if (pid === null) throw new Error('it did not stay up');
  await printed(call, 'up');
  return { call, pid };
}

async function output(call: ResourceCall): Promise<string> {
  let text = '';
  for await (const piece of provider.logs(call)) text += Buffer.from(piece).toString('utf8');
  return text;
}

async function printed(call: ResourceCall, text: string): Promise<void> {
  await eventually(`the agent prints ${text}`, async () => (await output(call)).includes(text) || undefined);
}

async function exited(call: ResourceCall) {
  return eventually('the agent has exited', async () => {
    const state = await provider.inspect(call);
    return state.state === 'exited' ? state : undefined;
  });
}

function stateOf(pid: number): string {
  return execFileSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).trim();
}

/** Zombies excepted: they have ended. */
function pidsOfGroup(group: number): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,pid='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.trim().startsWith(`${String(group)} `) && !/ Z/.test(line));
}

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
    provider = newProvider({ ...HOST, HTTPS_PROXY: 'http://proxy:3128', TZ: 'UTC' });
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

describe('suspend, continue and stop', () => {
  test('suspend stops the whole group, continue lets it go on, and both may be repeated', async () => {
    const { call, pid } = await startedAgent();
    await provider.suspend(call);
    await provider.suspend(call);
    // A stop signal waits while the process is in the kernel (state D).
    await eventually('stopped', () => Promise.resolve(stateOf(pid).startsWith('T') || undefined));
    expect(await provider.inspect(call)).toEqual({ state: 'paused', exitCode: null, pid, detail: null });
    await provider.continue(call);
    await provider.continue(call);
    expect(stateOf(pid)).not.toMatch(/^T/);
    expect(await provider.inspect(call)).toMatchObject({ state: 'running', pid });
  });

  test('an agent that starts processes all the time, fifty times', async () => {
    const { call } = await startedAgent('echo up; while :; do /bin/true; done');
    for (let round = 0; round < 50; round += 1) {
      await provider.suspend(call);
      expect(await provider.inspect(call)).toMatchObject({ state: 'paused' });
      await provider.continue(call);
      expect(await provider.inspect(call)).toMatchObject({ state: 'running' });
    }
  });

  test('suspend of what has ended is refused for good and says how it ended', async () => {
    const call = await agentOf('exit 5');
    await provider.wake(wakeOf(call));
    await exited(call);
    await expect(provider.suspend(call)).rejects.toMatchObject({
      code: 'ProviderError',
      details: { permanent: true },
      message: expect.stringContaining('exited with code 5') as string,
    });
  });

  test('stop is polite first: the agent ends as it likes', async () => {
    const { call } = await startedAgent('trap "echo bye; exit 6" TERM; echo up; while :; do sleep 0.05; done');
    await provider.stop(call, 10_000);
    expect(await output(call)).toContain('bye');
    expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: 6 });
    await provider.stop(call, 10_000);
  });

  test('stop reaches a suspended agent', async () => {
    const { call } = await startedAgent('trap "exit 6" TERM; echo up; while :; do sleep 0.05; done');
    await provider.suspend(call);
    await provider.stop(call, 10_000);
    expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: 6 });
  });

  test('an agent that ignores it is killed after the grace, and its group with it', async () => {
    const { call, pid } = await startedAgent('trap "" TERM; sleep 1000 & echo up; while :; do sleep 1; done');
    const group = (await lookUp(pid))?.group ?? 0;
    await provider.stop(call, 100);
    expect(await provider.inspect(call)).toMatchObject({ state: 'exited', exitCode: 137 });
    expect(pidsOfGroup(group)).toEqual([]);
  });
});

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

describe('logs', () => {
  test('an agent that prints without end fills no disk: its log is cut, its end is kept, and it writes on', async () => {
    const { call } = await startedAgent(
      'echo up; while :; do sleep 0.1; [ -e go ] && echo after && break; done; sleep 1000',
    );
    const log = provider.logPath(call);
    const filler = `${'x'.repeat(1_023)}\n`.repeat(1_024);
    for (let size = 0; size <= LOG_LIMIT_BYTES; size += filler.length) writeFileSync(log, filler, { flag: 'a' });
    writeFileSync(log, 'the last before\n', { flag: 'a' });
    await provider.maintain();
    const kept = statSync(`${log}.1`);
    expect({ size: kept.size, mode: kept.mode & 0o777 }).toEqual({ size: LOG_LIMIT_BYTES, mode: 0o600 });
    expect(readFileSync(`${log}.1`, 'utf8').endsWith('the last before\n')).toBe(true);
    expect(await output(call)).toBe('');
    writeFileSync(join(stateDir, 'go'), '');
    await printed(call, 'after');
    expect(statSync(log).size).toBe('after\n'.length);
    await provider.maintain();
    expect(await output(call)).toBe('after\n');
  });

  test('a log that is followed while it is cut goes on at its new beginning', async () => {
    const { call } = await startedAgent();
    const log = provider.logPath(call);
    const abort = new AbortController();
    let seen = '';
    for await (const piece of provider.logs(call, { follow: true, signal: abort.signal })) {
      seen += Buffer.from(piece).toString('utf8');
      if (seen === 'up\n') {
        await cutLog(log, 2);
        writeFileSync(log, 'n\n', { flag: 'a' });
      }
      if (seen.endsWith('n\n')) abort.abort();
    }
    expect(seen).toBe('up\nn\n');
  });

  test('tail and follow', async () => {
    const { call } = await startedAgent('for n in 1 2 3 4 5; do echo line $n; done; echo up; sleep 1000');
    await printed(call, 'up');
    const abort = new AbortController();
    const seen: string[] = [];
    for await (const piece of provider.logs(call, { tail: 2, follow: true, signal: abort.signal })) {
      seen.push(Buffer.from(piece).toString('utf8'));
      writeFileSync(provider.logPath(call), 'added\n', { flag: 'a' });
      if (seen.join('').includes('added')) abort.abort();
    }
    expect(seen.join('')).toMatch(/^line 5\nup\n/);
  });

  test('the log is handed on byte by byte, with any content', async () => {
    const { call } = await startedAgent();
    const log = provider.logPath(call);
    const content = Buffer.concat([
      Buffer.from('x'),
      Buffer.from('\u65e5\u672c\u8a9e\n'.repeat(20_000)),
      Buffer.alloc(100_000, 0xff),
      Buffer.from('\nlast but one\nlast'),
    ]);
    writeFileSync(log, content);
    const all = async (tail?: number): Promise<Buffer> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of provider.logs(call, tail === undefined ? {} : { tail })) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    expect((await all()).equals(content)).toBe(true);
    expect((await all(2)).toString()).toBe('last but one\nlast');
    expect((await all(3)).equals(content.subarray(content.indexOf(0xff)))).toBe(true);
    expect((await all(100_000)).equals(content)).toBe(true);
    expect((await all(0)).toString()).toBe('');
  });
});

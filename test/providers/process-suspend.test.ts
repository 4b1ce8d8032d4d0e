/** Suspends, continues and stops process agents. */
import { execFileSync } from 'node:child_process';
import { lookUp } from '../../src/providers/process/table';
import { eventually, wakeOf } from './calls';
import { provider, agentOf, startedAgent, output, exited, stateOf } from './process-agents';

/** Zombies excepted: they have ended. */
function pidsOfGroup(group: number): string[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pgid=,stat=,pid='], { encoding: 'utf8' }).split('\n');
  return lines.filter((line) => line.trim().startsWith(`${String(group)} `) && !/ Z/.test(line));
}

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

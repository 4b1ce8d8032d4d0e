/** `drover up` and everything around it, as real processes with real agents. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentView } from '../../../../src/contract/agent';
import { SEARCH_ATTRIBUTES } from '../../../../src/contract/names';
import { requireBinary } from '../../../../src/dev/binaries';
import { createNamespace, ensureSearchAttributes } from '../../../../src/dev/operator';
import { until } from '../../../../src/lib/until';
import { drover, isGone, marsFile, processState, type Running, startUp, temporaryFolder } from '../drover';
import { PATIENCE_MS } from '../../../support/patience';

const folder = temporaryFolder();
const cwd = folder.path;

const NAMES = ['AgentA', 'AgentB', 'AgentC', 'AgentD', 'Orchestrator'];

let up: (Running & Awaited<ReturnType<typeof startUp>>) | undefined;

const fleetFile = (name: string, change?: (text: string) => string) => marsFile(cwd, name, change);

async function describeAgent(name: string): Promise<AgentView> {
  const { stdout } = await drover(['describe', 'agent', name, '-o', 'json'], cwd);
  return JSON.parse(stdout) as AgentView;
}

async function pids(fleet: string): Promise<number[]> {
  const views = await Promise.all(NAMES.map((name) => describeAgent(`${fleet}/${name}`)));
  return views.map(({ pid }) => pid ?? 0);
}

beforeAll(async () => {
  up = await startUp(cwd, [fleetFile('mars')]);
});

afterAll(folder.remove);

it('lists its agents, which run and are ready', async () => {
  const { code, stdout } = await drover(['get', 'agents', '-o', 'json'], cwd);
  expect(code).toBe(0);
  const { items } = JSON.parse(stdout) as {
    items: { fleet: string; name: string; status: string; liveness: string }[];
  };
  expect(items.map(({ name }) => name)).toEqual(NAMES);
  for (const item of items) expect(item).toMatchObject({ fleet: 'mars', status: 'running', liveness: 'ready' });
  expect((await drover(['get', 'agents', '-o', 'name'], cwd)).stdout).toBe(
    NAMES.map((name) => `mars/${name}\n`).join(''),
  );
  expect((await drover(['get', 'fleets', '-o', 'yaml'], cwd)).stdout).toContain('fleet: mars');
  expect((await drover(['get', 'agents'], cwd)).stdout).toMatch(/^NAME +STATUS +LIVENESS/);
});

it('pauses an agent: its process stops, its liveness stays, and a resume lets it go on', async () => {
  expect(await drover(['pause', 'mars/AgentA', '--reason', 'a look'], cwd)).toMatchObject({
    code: 0,
    stdout: 'mars/AgentA is paused\n',
  });
  const paused = await describeAgent('mars/AgentA');
  expect(paused).toMatchObject({
    status: 'paused',
    runtime: 'paused',
    liveness: 'ready',
    holds: [{ name: 'operator', reason: 'a look' }],
  });
  expect(processState(paused.pid ?? 0)).toBe('T');
  expect((await drover(['describe', 'agent', 'mars/AgentA'], cwd)).stdout).toMatch(/^Paused by operator/);

  expect(await drover(['pause', 'mars/AgentA', '-o', 'json'], cwd)).toMatchObject({ code: 5, stdout: '' });
  const resumes = await Promise.all(
    Array.from({ length: 5 }, () => drover(['resume', 'mars/AgentA', '-o', 'json'], cwd)),
  );
  expect(resumes.map(({ code }) => code).sort()).toEqual([0, 5, 5, 5, 5]);
  for (const { code, stderr } of resumes) {
    if (code === 5)
      expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'ResumeStateError', details: { current: {} } } });
  }
  await until(() => processState(paused.pid ?? 0) !== 'T' || undefined, PATIENCE_MS);
  expect(processState(paused.pid ?? 0)).not.toBe('T');
});

it('knows what does not exist', async () => {
  expect(await drover(['pause', 'mars/Absent'], cwd)).toMatchObject({ code: 3 });
  expect(await drover(['describe', 'fleet', 'venus'], cwd)).toMatchObject({ code: 3 });
  expect(await drover(['describe', 'run', 'mars/none', '-o', 'json'], cwd)).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('RunNotFound') as string,
  });
  expect(await drover(['destroy', 'venus', '--yes'], cwd)).toMatchObject({ code: 3 });
});

it('has nothing that a doctor would find wrong', async () => {
  const { code, stdout } = await drover(['doctor', '-o', 'json'], cwd);
  const { findings } = JSON.parse(stdout) as { findings: { check: string; result: string }[] };
  const fine = findings.flatMap(({ check, result }) => (result === 'ok' ? [check] : []));
  expect({ code, fine }).toMatchObject({
    code: 0,
    fine: expect.arrayContaining([
      'node',
      'specification key',
      'temporal',
      'search attributes',
      'worker',
      'gateway',
    ]) as string[],
  });
});

it('doctor --fix registers what a namespace lacks, and nothing twice', async () => {
  const address = up?.where.temporal ?? '';
  const target = { binary: requireBinary('temporal', process.env), address, namespace: 'lacking' };
  await createNamespace(target, 1);
  const found = async (...more: string[]) => {
    const { code, stdout } = await drover(['doctor', '--namespace', 'lacking', '-o', 'json', ...more], cwd);
    const { findings } = JSON.parse(stdout) as { findings: { check: string; result: string; detail: string }[] };
    return { code, attributes: findings.find(({ check }) => check === 'search attributes') };
  };
  const lacking = await until(async () => {
    const answer = await found();
    return answer.attributes && answer;
  }, PATIENCE_MS);
  expect(lacking).toMatchObject({ code: 1, attributes: { result: 'wrong' } });
  expect(lacking?.attributes?.detail).toContain('run drover doctor --fix');
  for (const name of Object.keys(SEARCH_ATTRIBUTES)) expect(lacking?.attributes?.detail).toContain(`--name ${name} `);
  expect((await found('--fix')).attributes).toMatchObject({ result: 'ok' });
  expect((await found()).attributes).toMatchObject({ result: 'ok' });
  expect((await found('--fix')).attributes).toMatchObject({ result: 'ok' });
  await expect(ensureSearchAttributes(target, SEARCH_ATTRIBUTES)).resolves.toBeUndefined();
});

it('is the only one in its directory', async () => {
  const { code, stderr } = await drover(['up'], cwd);
  expect(code).toBe(5);
  expect(stderr).toContain(String(up?.process.pid));
  expect(stderr).toContain(up?.where.gateway);
});

it('refuses a wrong file with every problem at its line and column, and creates nothing', async () => {
  const wrong = fleetFile('wrong', (text) =>
    text
      .replace('name: AgentB', 'name: AgentA')
      .replace('env: {LETTERS: M}', 'environment: {LETTERS: M}')
      .replace('- AgentA -> Orchestrator', '- AgentA -> Absent')
      .replace('  topology:', '  liveness: {staleAfter: soon}\n  topology:'),
  );
  const { code, stdout, stderr } = await drover(['apply', '-f', wrong], cwd);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  const places = stderr.split('\n').filter((line) => /wrong\.yaml:\d+:\d+: /.test(line));
  expect(places.length).toBeGreaterThanOrEqual(4);
  expect(stderr).toContain('Duplicate agent names not allowed: [AgentA]. Each agent must have a unique name.');
  expect(await drover(['describe', 'fleet', 'wrong'], cwd)).toMatchObject({ code: 3 });
});

it('applies a second fleet beside the first, and destroys it again', async () => {
  const second = fleetFile('venus');
  const before = await pids('mars');
  const planned = await drover(['plan', '-f', second, '--exit-code'], cwd);
  expect(planned).toMatchObject({ code: 10, stdout: expect.stringContaining('create  venus/AgentA') as string });
  expect(await drover(['apply', '-f', second, '--yes'], cwd)).toMatchObject({
    code: 0,
    stdout: 'fleet venus is at revision 1\n',
  });
  expect(await drover(['plan', '-f', second, '--exit-code'], cwd)).toMatchObject({ code: 0 });
  const venus = await pids('venus');
  expect(venus.filter((pid) => processState(pid) === undefined)).toEqual([]);
  expect(await drover(['destroy', 'venus', '--yes'], cwd)).toMatchObject({ code: 0 });
  expect(venus.filter((pid) => !isGone(pid))).toEqual([]);
  expect(await pids('mars')).toEqual(before);
});

it('knows in seconds, if the file says so, that an agent is silent, is back, and is gone', async () => {
  const file = fleetFile('quick', (text) =>
    text.replace('spec:\n', 'spec:\n  liveness: {heartbeatEvery: 300ms, staleAfter: 1500ms, startupGrace: 5s}\n'),
  );
  expect(await drover(['apply', '-f', file, '--yes'], cwd)).toMatchObject({ code: 0 });
  const waitFor = (what: string) => drover(['wait', 'agent', 'quick/AgentB', '--for', what, '--timeout', '20s'], cwd);
  const { pid = 0, instanceId } = await describeAgent('quick/AgentB');
  // Another program has frozen it, so Drover takes it for running.
  process.kill(pid, 'SIGSTOP');
  expect(await waitFor('liveness=offline')).toMatchObject({ code: 0 });
  expect(await describeAgent('quick/AgentB')).toMatchObject({ status: 'running', runtime: 'running', pid, instanceId });
  process.kill(pid, 'SIGCONT');
  expect(await waitFor('liveness=ready')).toMatchObject({ code: 0 });
  // Killed: it falls silent, the provider confirms, and a new instance is started.
  process.kill(pid, 'SIGKILL');
  const restarted = await until(async () => {
    const view = await describeAgent('quick/AgentB');
    return view.liveness === 'ready' && view.instanceId !== instanceId ? view : undefined;
  }, PATIENCE_MS);
  expect(restarted?.pid).not.toBe(pid);
  expect(await drover(['destroy', 'quick', '--yes'], cwd)).toMatchObject({ code: 0 });
});

it('names the agent that does not come up, and leaves nothing of the fleet behind', async () => {
  const broken = fleetFile('broken', (text) =>
    text.replace('command: [node, letters.mjs], env: {LETTERS: A}', 'command: [no-such-program]'),
  );
  const { code, stderr } = await drover(['apply', '-f', broken, '--yes', '-o', 'json'], cwd);
  expect(code).toBe(1);
  const error = stderr.trim().split('\n').at(-1) ?? '';
  expect(JSON.parse(error)).toMatchObject({
    error: { code: 'ProviderError', message: expect.stringContaining('broken/AgentB') as string },
  });
  const { stdout } = await drover(['get', 'agents', '--fleet', 'broken', '-o', 'name'], cwd);
  expect(stdout).toBe('');
});

it('holds a whole fleet, and gives every agent back what it had', async () => {
  await drover(['pause', 'mars/AgentB'], cwd);
  expect(await drover(['pause', '--fleet', 'mars', '--reason', 'night'], cwd)).toMatchObject({
    code: 0,
    stdout: 'fleet mars is held\n',
  });
  expect(await drover(['wait', 'agent', 'mars/AgentC', '--for', 'runtime=paused'], cwd)).toMatchObject({ code: 0 });
  expect(await drover(['resume', '--fleet', 'mars'], cwd)).toMatchObject({
    code: 0,
    stdout: 'fleet mars is released\n',
  });
  expect(await drover(['wait', 'agent', 'mars/AgentC', '--for', 'runtime=running'], cwd)).toMatchObject({ code: 0 });
  expect(await describeAgent('mars/AgentB')).toMatchObject({ status: 'paused', holds: [{ name: 'operator' }] });
  expect(
    await drover(['wait', 'agent', 'mars/AgentB', '--for', 'status=running', '--timeout', '300ms'], cwd),
  ).toMatchObject({ code: 124 });
  await drover(['resume', 'mars/AgentB'], cwd);
});

it('prints what an agent has printed', async () => {
  const { code, stdout } = await drover(['logs', 'mars/AgentA'], cwd);
  expect({ code, stdout: typeof stdout }).toEqual({ code: 0, stdout: 'string' });
});

it('gets everything back after kill -9: the same processes, statuses and holds, and no second Temporal', async () => {
  await drover(['pause', 'mars/AgentD'], cwd);
  const before = await pids('mars');
  const temporal = (JSON.parse(readFileSync(join(cwd, '.drover/temporal.pid'), 'utf8')) as { pid: number }).pid;
  const where = up?.where;
  up?.process.kill('SIGKILL');
  expect(await up?.ended).toMatchObject({ code: 137 });
  await until(() => isGone(temporal) || undefined, PATIENCE_MS);
  expect(isGone(temporal)).toBe(true);
  expect(before.filter(isGone)).toEqual([]);

  up = await startUp(cwd);
  expect(up.where).toEqual({ ...where, pid: up.process.pid });
  expect(await pids('mars')).toEqual(before);
  expect(await describeAgent('mars/AgentD')).toMatchObject({
    status: 'paused',
    runtime: 'paused',
    holds: [{ name: 'operator' }],
  });
  expect(await drover(['resume', 'mars/AgentD'], cwd)).toMatchObject({ code: 0 });
  for (const name of NAMES)
    expect(await drover(['wait', 'agent', `mars/${name}`, '--for', 'liveness=ready'], cwd)).toMatchObject({ code: 0 });
});

it('spells the word again', async () => {
  expect(await drover(['run', 'mars', 'Collect the letters.'], cwd)).toMatchObject({ code: 0, stdout: 'MARS\n' });
  const { code, stdout } = await drover(['run', 'mars', 'Collect the letters.', '--detach', '--name', 'again'], cwd);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'mars/again\n' });
  const shown = await until(async () => {
    const { stdout: text } = await drover(['describe', 'run', 'mars/again', '-o', 'json'], cwd);
    return text.includes('"state": "completed"') ? text : undefined;
  }, PATIENCE_MS);
  expect(JSON.parse(shown ?? '{}')).toMatchObject({ result: { success: true, finalResponse: 'MARS' } });
  expect((await drover(['get', 'runs', '-o', 'name'], cwd)).stdout).toContain('mars/again');
});

it('leaves the agents running when it must stop, and says how to get them back', async () => {
  const before = await pids('mars');
  up?.process.kill('SIGTERM');
  const { code, stderr } = (await up?.ended) ?? { code: -1, stderr: '' };
  expect(code).toBe(0);
  expect(stderr).toContain(`${String(before.length)} agents run on`);
  expect(before.filter(isGone)).toEqual([]);
  up = await startUp(cwd);
  expect(await pids('mars')).toEqual(before);
  expect(await drover(['destroy', 'mars', '--yes'], cwd)).toMatchObject({ code: 0 });
  expect(before.filter((pid) => !isGone(pid))).toEqual([]);
});

/** Runs as people see them: described, watched, traced; scripted, so that no agent is needed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { subjectOf } from '../../../src/cli/text/event';
import type { DroverEvent } from '../../../src/contract/event';
import type { FleetDescription } from '../../../src/contract/fleet';
import type { RunResult, RunView } from '../../../src/contract/run';
import type { UpState } from '../../../src/dev/up-state';
import { until } from '../../../src/lib/until';
import { type Ended, drover, marsFile, start, startOnTerminal, startUp, temporaryFolder } from './drover';
import { freePort } from './taken-ports';
import { PATIENCE_MS } from '../../support/patience';

const folder = temporaryFolder();
const cwd = folder.path;
afterAll(folder.remove);

const to = (...agents: string[]) => ({
  action: 'invoke',
  invocations: agents.map((agent) => ({ agent, request: 'go' })),
});
const reply = (response: string, delay: string) => ({ action: 'final', response, delay });
const SCRIPT = {
  Orchestrator: [to('AgentA', 'AgentB'), reply('done', '0s')],
  AgentA: [reply('a', '1s')],
  AgentB: [reply('b', '3s')],
};

function ok({ code, stdout, stderr }: Ended): string {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

let metricsPort = 0;

beforeAll(async () => {
  writeFileSync(join(cwd, 'script.json'), JSON.stringify(SCRIPT));
  metricsPort = await freePort();
  await startUp(cwd, [marsFile(cwd, 'mars')], { DROVER_METRICS_PORT: String(metricsPort) });
});

it('a fleet is described with its topology as a picture, and as a graph under -o json', async () => {
  const text = ok(await drover(['describe', 'fleet', 'mars'], cwd));
  expect(text).toContain('Start\n└→ Orchestrator ◆\n   ├↔ AgentA\n');
  const { topology } = JSON.parse(
    ok(await drover(['describe', 'fleet', 'mars', '-o', 'json'], cwd)),
  ) as FleetDescription;
  expect(topology).toMatchObject({ rendezvous: ['Orchestrator'] });
  expect(topology?.nodes).toEqual(expect.arrayContaining(['Start', 'AgentD', 'End']));
  expect(topology?.edges).toContainEqual({ from: 'AgentC', to: 'AgentD' });
});

it('lists have status words, ages and names as arguments, and describe finds the kind', async () => {
  const table = ok(await drover(['get', 'agents'], cwd));
  expect(table).toMatch(/^NAME +STATUS +LIVENESS +RUNTIME +RESTARTS +TURNS +AGE +REASON\n/);
  expect(table).toMatch(/^mars\/AgentA +running +ready +running +0 +0 +\d+[sm] +-$/m);
  expect(ok(await drover(['get', 'agent', 'mars/AgentB', '-o', 'wide'], cwd))).toMatch(
    /HOLDS +SUBSCRIPTION +PROVIDER +HOST +PROCESS +REVISION +LABELS +REASON\nmars\/AgentB .* process +\S+ +\d+ +1 +- +-$/m,
  );
  expect(await drover(['get', 'agents', 'mars/None'], cwd)).toMatchObject({ code: 3, stdout: '' });
  expect(ok(await drover(['get', 'fleets', 'mars'], cwd))).toMatch(
    /^FLEET +REVISION +STATE +READY +HOLDS\nmars +1 +done +\d\/\d +-$/m,
  );
  expect(ok(await drover(['describe', 'mars/AgentA', '--limit', '1'], cwd))).toMatch(/Agent: +mars\/AgentA\n/);
  expect(ok(await drover(['describe', 'mars'], cwd))).toMatch(/Fleet: +mars\n/);
  expect(ok(await drover(['wait', 'fleet', 'mars'], cwd))).toBe('the last change of fleet mars is done\n');
  ok(await drover(['run', 'mars', 'go', '--name', 'waited', '--script', 'script.json', '--detach'], cwd));
  expect(await drover(['wait', 'run', 'mars/waited', '--timeout', '100ms'], cwd)).toMatchObject({ code: 124 });
  expect(ok(await drover(['wait', 'run', 'mars/waited'], cwd))).toBe('run mars/waited is completed\n');
  const neither = await drover(['describe', 'mars/none'], cwd);
  expect(neither.code).toBe(3);
  expect(neither.stderr).toContain('neither an agent nor a run mars/none exists');
  const watched = start(['get', 'fleet', '-w', '-o', 'json'], cwd);
  await until(() => watched.output.stdout.includes('"fleet":"mars"') || undefined, PATIENCE_MS);
  watched.process.kill('SIGINT');
  await watched.ended;
});

it('events are a line each while they are watched, and found again afterwards', async () => {
  const watched = start(['events', '--watch', '--fleet', 'mars', '-o', 'json'], cwd);
  await until(() => watched.output.stderr.includes('watching') || undefined, PATIENCE_MS);
  ok(await drover(['run', 'mars', 'go', '--name', 'told', '--script', 'script.json'], cwd));
  const line = await until(() => /^.*run\.completed.*mars\/told.*$/m.exec(watched.output.stdout)?.[0], PATIENCE_MS);
  watched.process.kill('SIGINT');
  await watched.ended;
  const event = JSON.parse(line ?? '') as DroverEvent;
  expect(event).toMatchObject({ type: 'run.completed', data: { run: 'mars/told', success: true } });
  const again = JSON.parse(ok(await drover(['events', '--fleet', 'mars', '-o', 'json'], cwd))) as object;
  expect(again).toEqual({ items: expect.arrayContaining([event]) as DroverEvent[], nextPageToken: null });
  const newest = JSON.parse(
    ok(await drover(['events', '--limit', '1', '--run', 'mars/told', '-o', 'json'], cwd)),
  ) as object;
  expect(newest).toMatchObject({ items: [{ type: 'run.completed', data: { run: 'mars/told' } }] });
  expect(await drover(['events', '--limit', '1', '--watch'], cwd)).toMatchObject({ code: 2 });
  expect(ok(await drover(['events'], cwd))).toMatch(
    /^AT +EVENT +OF +ABOUT\n(?:\S+Z +\w+\..*\n)*?\S+Z +run\.completed +mars\/told +\d+ turns$/m,
  );
});

it('events are chosen by run, agent, type and age', async () => {
  ok(await drover(['run', 'mars', 'go', '--name', 'chosen', '--script', 'script.json'], cwd));
  const events = async (...choice: string[]): Promise<DroverEvent[]> => {
    const { items } = JSON.parse(ok(await drover(['events', ...choice, '-o', 'json'], cwd))) as {
      items: DroverEvent[];
    };
    return items;
  };
  // Lists learn of a change a moment later.
  const whole = async () => {
    const found = await events('--run', 'mars/chosen');
    return found.some(({ type }) => type === 'run.completed') ? found : undefined;
  };
  const ofRun = (await until(whole, PATIENCE_MS)) ?? [];
  expect(new Set(ofRun.map(subjectOf))).toEqual(new Set(['mars/chosen']));
  expect(ofRun.map(({ type }) => type)).toEqual(
    expect.arrayContaining(['run.started', 'run.branch', 'run.completed']) as string[],
  );
  const ends = ['--type', 'run.started', 'run.completed'];
  expect((await events('--run', 'mars/chosen', ...ends)).map(({ type }) => type)).toEqual([
    'run.started',
    'run.completed',
  ]);
  const ofType = await events(...ends);
  expect(new Set(ofType.map(({ type }) => type))).toEqual(new Set(['run.started', 'run.completed']));
  expect(ofType.map(subjectOf)).toEqual(expect.arrayContaining(['mars/chosen']) as string[]);
  const ofAgent = await events('--agent', 'mars/AgentA');
  expect(new Set(ofAgent.map(subjectOf))).toEqual(new Set(['mars/AgentA']));
  expect(ofAgent.map(({ type }) => type)).toContain('agent.ready');
  expect(await events('--agent', 'mars/AgentA', '--run', 'mars/none')).toEqual([]);
  // The run above is older than a millisecond, and younger than an hour.
  expect(await events('--since', '1ms', '--run', 'mars/chosen')).toEqual([]);
  expect(await events('--since', '1h', '--run', 'mars/chosen')).toEqual(ofRun);
  for (const wrong of [
    ['--type', 'run.begun'],
    ['--since', 'yesterday'],
    ['--since', '0s'],
    ['--agent', 'mars'],
    ['--run', 'mars/'],
  ]) {
    expect(await drover(['events', ...wrong], cwd)).toMatchObject({ code: 2, stdout: '' });
  }
});

it('a run is watched to its end: one line a change under -o json, drawn again on a terminal', async () => {
  ok(await drover(['run', 'mars', 'go', '--name', 'seen', '--script', 'script.json', '--detach'], cwd));
  const watched = ['describe', 'run', 'mars/seen', '--watch'];
  const [lines, terminal] = await Promise.all([
    drover([...watched, '-o', 'json'], cwd),
    startOnTerminal(watched, cwd).ended,
  ]);
  const views = ok(lines)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as RunView);
  expect(views.length).toBeGreaterThan(1);
  expect(views[0]).toMatchObject({ state: 'running' });
  expect(views.at(-1)).toMatchObject({ state: 'completed', result: { finalResponse: 'done' } });
  const screens = ok(terminal).split('\u001b[2J');
  expect(screens.length).toBeGreaterThan(2);
  expect(screens[1]).toMatch(/0\.1 +AgentB +0 +\S*running\S* +\d\.\ds/);
  expect(screens.at(-1)).toMatch(/0\.1 +AgentB +1 +\S*completed/);

  const text = ok(await drover(['describe', 'run', 'mars/seen'], cwd));
  expect(text).toMatch(/^0 +Orchestrator +2 +completed +[3-9]\.\ds$/m);
  expect(text).toMatch(/^ {2}0\.0 +AgentA +1 +completed +[1-9]\.\ds$/m);
  expect(text).toMatch(/^0 +Orchestrator +fired +AgentA, AgentB +-$/m);
});

it('a run is watched from its start on, and its result comes last', async () => {
  const watched = ['run', 'mars', 'go', '--script', 'script.json', '--watch', '--name'];
  const [lines, terminal] = await Promise.all([
    drover([...watched, 'lines', '-o', 'json'], cwd),
    startOnTerminal([...watched, 'drawn'], cwd).ended,
  ]);
  const printed = ok(lines)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(printed.length).toBeGreaterThan(2);
  expect(printed[0]).toMatchObject({ run: 'lines', state: 'running' });
  expect(printed.at(-2)).toMatchObject({ run: 'lines', state: 'completed' });
  expect(printed.at(-1)).toMatchObject({ success: true, finalResponse: 'done' });
  const screens = ok(terminal).split('\u001b[2J');
  // More than the run has changes: the times in it go on.
  expect(screens.filter((screen) => /0\.1 +AgentB +0 +\S*running\S* +\d\.\ds/.test(screen)).length).toBeGreaterThan(3);
  expect(screens.at(-1)).toMatch(/0\.1 +AgentB +1 +\S*completed[^]*\r\ndone\r\n$/);
});

it('runs are listed by their state, the newest first, and not more than asked for', async () => {
  const failing = { Orchestrator: [{ action: 'fail', error: 'it cannot' }] };
  writeFileSync(join(cwd, 'failing.json'), JSON.stringify(failing));
  for (const name of ['wrong1', 'wrong2']) {
    const { code } = await drover(['run', 'mars', 'go', '--name', name, '--script', 'failing.json'], cwd);
    expect(code).toBe(1);
  }
  const names = async (...flags: string[]) =>
    ok(await drover(['get', 'runs', '-o', 'name', ...flags], cwd))
      .split('\n')
      .filter(Boolean);
  await until(async () => (await names('--state', 'failed')).length === 2 || undefined, PATIENCE_MS);
  expect(await names('--state', 'failed')).toEqual(['mars/wrong2', 'mars/wrong1']);
  expect(await names('--state', 'failed', '--limit', '1')).toEqual(['mars/wrong2']);
  expect(await names('--state', 'completed')).not.toContain('mars/wrong1');
  expect((await names('--limit', '3')).length).toBe(3);
  const wrong = await drover(['get', 'runs', '--limit', '0'], cwd);
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('Expected a whole number from 1 on.')]);
});

it("each turn's input and reply can be read", async () => {
  const traced = ['run', 'mars', 'go', '--script', 'script.json', '--trace', '--name', 'traced'];
  const text = ok(await drover(traced, cwd));
  expect(text).toContain(
    'TURN traced/0.0/1 of AgentA\n  input  {"kind":"request","from":"Orchestrator","value":"go"}\n  reply ',
  );
  // The same name is the same run: its result is fetched again.
  const { trace } = JSON.parse(ok(await drover([...traced, '-o', 'json'], cwd))) as RunResult;
  expect(trace?.map(({ turnId }) => turnId)).toEqual(['traced/0/1', 'traced/0.0/1', 'traced/0.1/1', 'traced/0/2']);
  expect(ok(await drover(['describe', 'run', 'mars/traced'], cwd))).toContain('TURN traced/0/2 of Orchestrator');
});

describe('the metrics', () => {
  const scrape = async (url: string): Promise<string> => (await fetch(`${url}/metrics`)).text();
  const gateway = async () =>
    scrape((JSON.parse(readFileSync(join(cwd, '.drover/up.json'), 'utf8')) as UpState).gateway);
  const worker = () => scrape(`http://127.0.0.1:${String(metricsPort)}`);

  it('of the gateway count all fleets, and those of the worker what it did', async () => {
    ok(await drover(['run', 'mars', 'Spell the word.', '--name', 'counted'], cwd));
    const counted = await until(async () => {
      const text = await gateway();
      return /^drover_runs\{state="completed"\} [1-9]/m.test(text) ? text : undefined;
    }, PATIENCE_MS);
    expect(counted).toMatch(/^drover_temporal_up 1$/m);
    expect(counted).toMatch(/^drover_agents\{status="running",liveness="ready"\} [1-9]/m);
    expect(counted).toMatch(/^drover_fleets 1$/m);
    const text = await until(async () => {
      const found = await worker();
      return found.includes('drover_run_seconds_count') ? found : undefined;
    }, PATIENCE_MS);
    expect(text).toMatch(/^drover_agent_starts_total\{.*outcome="started".*provider="process".*\} [1-9]/m);
    expect(text).toMatch(/^drover_changes_total\{.*fleet="mars".*result="done".*\} 1$/m);
    expect(text).toMatch(/^drover_turn_seconds_count\{.*fleet="mars".*outcome="final".*\} [1-9]/m);
    expect(text).toMatch(/^drover_turn_wait_seconds_count\{.*fleet="mars".*\} [1-9]/m);
    expect(text).toMatch(/^drover_run_seconds_count\{.*state="completed".*\} [1-9]/m);
    expect(text).toMatch(/^temporal_workflow_task_execution_latency_seconds_bucket\{/m);
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0 ? it : it.skip;
  promtool('are valid for promtool', async () => {
    for (const text of [await gateway(), await worker()]) {
      const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(stdout).toBe('');
      // Names of Temporal's SDK, which are not Drover's: its metrics, and the labels that it adds to all.
      const own = stderr.split('\n').filter((line) => line !== '' && !/^temporal_|'snake_case'/.test(line));
      expect(own).toEqual([]);
    }
  });

  it('cannot be served at a port that is taken: one sentence and exit code 6', async () => {
    const other = join(cwd, 'other');
    mkdirSync(other);
    const { code, stderr } = await drover(['worker'], other, {
      DROVER_METRICS_PORT: String(metricsPort),
      DROVER_AGENT_SECRET: 'a-secret-of-all-agents-of-a-test',
    });
    expect(code).toBe(6);
    expect(stderr).toContain(`drover: the metrics cannot be served at 127.0.0.1:${String(metricsPort)} (`);
  });
});

/** One workflow of each type that cannot go on, in one installation: `drover up` lives, comes up again, and serves everything else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import {
  AGENT_WORKFLOW,
  BRANCH_WORKFLOW,
  DEFAULT_QUEUE_PREFIX,
  FLEET_WORKFLOW,
  LEASE_WORKFLOW,
  NOTIFY_WORKFLOW,
  POOL_WORKFLOW,
  PROVISION_WORKFLOW,
  queues,
  RUN_WORKFLOW,
  SEARCH_ATTRIBUTES,
} from '../../src/contract/names';
import { startEmbeddedServer } from '../../src/dev/embedded';
import { obtainBinary } from '../../src/dev/obtain';
import { openStateDirectory } from '../../src/dev/state-dir';
import { until } from '../../src/lib/until';
import { monotonicMs } from '../../src/lib/clock';
import { drover, type Ended, type Running, start, startUp, temporaryFolder } from '../cli/commands/drover';
import { PATIENCE_MS } from '../support/patience';
import { shared } from '../support/shared';
import { wedgeForGood } from '../support/wedge';

const folder = temporaryFolder();
const cwd = folder.path;
const SECRETS = { SUB_A: 'a-secret' };
const LIMIT_MS = 900_000;
/** Upper limit of a start, while any part does not answer. */
const UP_WITHIN_MS = 15_000;
/** Exit code of what does not answer. */
const UNAVAILABLE = 6;

/** One of each type. */
const WEDGED = {
  [FLEET_WORKFLOW]: /^fleet\/stuck$/,
  [PROVISION_WORKFLOW]: /^provision\/changing\/1$/,
  [AGENT_WORKFLOW]: /^agent\/stuck\/A$/,
  [POOL_WORKFLOW]: /^pool\/claude$/,
  [RUN_WORKFLOW]: /^run\/stuck\/long$/,
  [BRANCH_WORKFLOW]: /^run\/stuck\/long\/./,
  [NOTIFY_WORKFLOW]: /^notify\//,
  [LEASE_WORKFLOW]: /^lease\//,
};

const beater = { provider: 'process', process: { command: ['sh', join(__dirname, '../../examples/shell/agent.sh')] } };
const topology = { flows: ['Start -> A'] };

function fleetFile(name: string, spec: object): string {
  const path = join(cwd, `${name}.json`);
  writeFileSync(path, JSON.stringify({ apiVersion: 'drover/v1', kind: 'Fleet', metadata: { name }, spec }));
  return path;
}

const fine = () => fleetFile('fine', { agents: [{ name: 'A', ...beater }], topology });
const stuck = () =>
  fleetFile('stuck', {
    agents: [
      { name: 'A', ...beater },
      { name: 'B', ...beater, subscription: { pool: 'claude' } },
    ],
    // A branch of a fan-out has a workflow of its own.
    topology: { flows: ['Start -> A', 'Start -> B'] },
    subscriptions: [
      { pool: 'claude', credentials: [{ name: 'sub-a', secret: 'env:SUB_A' }], inject: { env: 'API_KEY' } },
    ],
    // A port where nothing listens: the notification is tried for three days.
    notify: [{ url: 'http://127.0.0.1:9/hook' }],
  });
/** Its agent never says that it is ready. */
const changing = () =>
  fleetFile('changing', {
    agents: [{ name: 'Silent', provider: 'process', process: { command: ['sleep', '100000'] } }],
  });

function script(name: string, delay: string, agents = ['A']): string {
  const path = join(cwd, `${name}.script.json`);
  const final = [{ action: 'final', response: 'answered', delay }];
  writeFileSync(path, JSON.stringify(Object.fromEntries(agents.map((agent) => [agent, final]))));
  return path;
}

function ok({ code, stdout, stderr }: Ended): string {
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const run = (...args: string[]) => drover(args, cwd);

/** The ids of one running workflow of each type. */
async function oneOfEach(address: string): Promise<string[]> {
  const connection = await Connection.connect({ address });
  const client = new Client({ connection });
  try {
    const ids: string[] = [];
    for (const [type, form] of Object.entries(WEDGED)) {
      const find = async () => {
        const query = `WorkflowType = '${type}' AND ExecutionStatus = 'Running'`;
        for await (const { workflowId } of client.workflow.list({ query }))
          if (form.test(workflowId)) return workflowId;
        return undefined;
      };
      const id = await until(find, PATIENCE_MS);
      if (id === undefined) throw new Error(`no ${type} runs that is ${String(form)}`);
      ids.push(id);
    }
    return ids;
  } finally {
    await connection.close();
  }
}

async function wedgeWhileDown(ids: readonly string[]): Promise<void> {
  const state = await openStateDirectory(join(cwd, '.drover'));
  const server = await startEmbeddedServer(state, {
    binary: await obtainBinary('temporal', process.env),
    searchAttributes: SEARCH_ATTRIBUTES,
    supervisor: shared().supervisor,
    notice: () => undefined,
  });
  try {
    await wedgeForGood(server, queues.main(DEFAULT_QUEUE_PREFIX), ids);
  } finally {
    await server.stop();
  }
}

async function upAgain(why: string, args: readonly string[] = []): Promise<Awaited<ReturnType<typeof startUp>>> {
  const began = monotonicMs();
  const up = await startUp(cwd, args, SECRETS);
  const tookMs = monotonicMs() - began;
  console.info(`up again ${why} after ${(tookMs / 1_000).toFixed(1)} s`);
  expect(tookMs).toBeLessThan(UP_WITHIN_MS);
  return up;
}

async function ended(up: Running, signal: NodeJS.Signals, code: number): Promise<void> {
  const began = monotonicMs();
  up.process.kill(signal);
  expect(await up.ended).toMatchObject({ code });
  console.info(`gone after ${signal} after ${((monotonicMs() - began) / 1_000).toFixed(1)} s`);
}

/** Checks that unrelated parts work. */
async function everythingElseWorks(up: Awaited<ReturnType<typeof startUp>>, round: string): Promise<void> {
  expect((await fetch(`${up.where.gateway}/healthz`)).status).toBe(200);
  ok(await run('wait', 'agent', 'fine/A', '--for', 'liveness=ready'));
  ok(await run('pause', 'fine/A'));
  ok(await run('resume', 'fine/A'));
  expect(ok(await run('run', 'fine', 'go', '--name', `r${round}`, '--script', script('short', '0s')))).toBe(
    'answered\n',
  );
  const added = fleetFile(`added${round}`, { agents: [{ name: 'X', ...beater }] });
  ok(await run('apply', '-f', added, '--yes'));
  ok(await run('destroy', `added${round}`, '--yes'));
  ok(await run('wait', 'agent', 'stuck/B', '--for', 'liveness=ready'));
  ok(await run('pause', 'stuck/B'));
  ok(await run('resume', 'stuck/B'));
  for (const what of ['fleets', 'pools', 'runs']) ok(await run('get', what));
  ok(await run('gc', '-o', 'json'));
}

/** Checks that lists show wedged workflows as unknown, and that calls to them fail with the reason. */
async function theWedgedAreSaid(): Promise<void> {
  const said = await until(async () => {
    const { items } = JSON.parse(ok(await run('get', 'agents', '-o', 'json'))) as {
      items: { fleet: string; name: string; status: string }[];
    };
    const found = items.map(({ fleet, name, status }) => `${fleet}/${name} ${status}`).sort();
    return found.includes('stuck/A unknown') ? found : undefined;
  }, PATIENCE_MS);
  expect(said).toEqual(expect.arrayContaining(['fine/A running', 'stuck/A unknown', 'stuck/B running']));
  for (const asked of [
    ['describe', 'agent', 'stuck/A'],
    ['describe', 'fleet', 'stuck'],
    ['describe', 'pool', 'claude'],
    ['describe', 'run', 'stuck/long'],
    ['pause', 'stuck/A'],
    ['run', 'stuck', 'go', '--detach'],
  ]) {
    const { code, stderr } = await run(...asked);
    expect({ asked, code, stderr }).toEqual({
      asked,
      code: UNAVAILABLE,
      stderr: expect.stringContaining('does not answer') as string,
    });
  }
}

afterAll(folder.remove, PATIENCE_MS);

it(
  'one wedged workflow of each type: up lives, is up again after a stop and a kill, and everything else works',
  async () => {
    mkdirSync(cwd, { recursive: true });
    const first = await startUp(cwd, [stuck()], SECRETS);
    ok(await run('apply', '-f', fine(), '--yes'));
    const applying = start(['apply', '-f', changing(), '--yes'], cwd);
    ok(await run('run', 'stuck', 'go', '--name', 'long', '--script', script('long', '1h', ['A', 'B']), '--detach'));
    const ids = await oneOfEach(first.where.temporal);
    expect(ids).toHaveLength(Object.keys(WEDGED).length);
    applying.process.kill('SIGKILL');
    await applying.ended;
    await ended(first, 'SIGTERM', 0);
    await wedgeWhileDown(ids);

    const second = await upAgain('after a stop', [fine()]);
    await everythingElseWorks(second, '1');
    await theWedgedAreSaid();
    await ended(second, 'SIGKILL', 137);

    const third = await upAgain('after a kill');
    await everythingElseWorks(third, '2');
    await ended(third, 'SIGTERM', 0);

    const fourth = await upAgain('with the file of the fleet that does not answer', [stuck()]);
    expect(fourth.output.stderr).toMatch(/fleet stuck does not answer since/);
    await everythingElseWorks(fourth, '3');
    // The way out of a change that does not answer.
    ok(await run('destroy', 'changing', '--cancel', '--yes'));
    expect(fourth.process.exitCode).toBeNull();
    // The file that it was given could not be applied.
    await ended(fourth, 'SIGTERM', 1);
  },
  LIMIT_MS,
);

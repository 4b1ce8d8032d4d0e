/** `plan`, `apply`, `destroy`, `compensate` and `gc` against a real `drover up`: real processes, and a service that fails. */
import { PATIENCE_MS } from '../../support/patience';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { AgentView } from '../../../src/contract/agent';
import type { FleetDescription, FleetSpec, PlanResult } from '../../../src/contract/fleet';
import type { RunView } from '../../../src/contract/run';
import { until } from '../../../src/lib/until';
import { ExternalService } from '../../providers/external-service';
import { drover, isGone, start, startUp, temporaryFolder } from './drover';

const folder = temporaryFolder();
const cwd = folder.path;
const BEATS = join(__dirname, '../../../examples/shell/agent.sh');
const AGENT_LIBRARY = join(__dirname, '../../../dist/agent/index.js');
const STARTED = join(cwd, 'started');
const GO = join(cwd, 'go');

const service = new ExternalService();

/** Takes its turn until it may end it. */
const PATIENT = `
import { existsSync, writeFileSync } from 'node:fs';
import { final, serveAgent } from ${JSON.stringify(AGENT_LIBRARY)};
await serveAgent({
  async onTurn() {
    writeFileSync(${JSON.stringify(STARTED)}, '');
    while (!existsSync(${JSON.stringify(GO)})) await new Promise((resolve) => setTimeout(resolve, 50));
    return final('done');
  },
});
`;

beforeAll(async () => {
  writeFileSync(join(cwd, 'patient.mjs'), PATIENT);
  await service.listen();
  await startUp(cwd);
});

afterAll(async () => {
  await service.close();
  await folder.remove();
});

function beating(name: string, env: Record<string, string> = {}): FleetSpec['agents'][number] {
  return { name, provider: 'process', process: { command: ['sh', BEATS], env } };
}

function fileOf(name: string, spec: FleetSpec): string {
  const path = join(cwd, `${name}.yaml`);
  writeFileSync(path, stringify({ apiVersion: 'drover/v1', kind: 'Fleet', metadata: { name }, spec }));
  return path;
}

async function json<T>(...args: string[]): Promise<T> {
  const { code, stdout, stderr } = await drover([...args, '-o', 'json'], cwd);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${String(code)}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

async function pidOf(agent: string): Promise<number> {
  const { pid } = await json<AgentView>('describe', 'agent', agent);
  if (pid === undefined) throw new Error(`${agent} has no process`);
  return pid;
}

const keeper = { name: 'Keeper', provider: 'process' as const, process: { command: ['node', 'patient.mjs'] } };
const topology = { flows: ['Start -> Keeper', 'Keeper -> End'] };
const shop = (agents: FleetSpec['agents']) => fileOf('shop', { agents, topology });

test('plan and a dry run say what would be done and do nothing; apply does it; an unchanged file changes nothing', async () => {
  const file = shop([keeper, beating('Changed', { LETTER: 'A' }), beating('Removed'), beating('Stays')]);
  const creates = ['Keeper', 'Changed', 'Removed', 'Stays'].map((name) => `create  shop/${name}\n`);
  const lines = `${creates.join('')}set     topology.flows\n`;
  expect(await drover(['plan', '-f', file, '--exit-code'], cwd)).toMatchObject({ code: 10, stdout: lines });
  expect(await drover(['apply', '-f', file, '--dry-run'], cwd)).toMatchObject({ code: 0, stdout: lines });
  expect(await json('apply', '-f', file, '--dry-run')).toMatchObject({ ids: { Keeper: 'dry-run-Keeper' } });
  expect(await drover(['describe', 'fleet', 'shop'], cwd)).toMatchObject({ code: 3 });

  expect(await drover(['apply', '-f', file], cwd)).toMatchObject({ code: 0, stdout: 'fleet shop is at revision 1\n' });
  const nothing = { code: 0, stdout: 'fleet shop is as its file says; nothing to do\n' };
  expect(await drover(['plan', '-f', file, '--exit-code'], cwd)).toMatchObject(nothing);
  expect(await drover(['apply', '-f', file], cwd)).toMatchObject(nothing);
});

test('plan says what apply would refuse, for a new fleet and for one that is there, and approves nothing', async () => {
  const lacking = (name: string) =>
    fileOf(name, {
      agents: [
        { ...beating('Lacks', { KEY: 'env:NO_SUCH_KEY' }), subscription: { pool: `pool-${name}` } },
        { name: 'Gone', provider: 'process', process: { command: ['no-such-program'] } },
        beating('Fine'),
      ],
      subscriptions: [{ pool: `pool-${name}`, credentials: [{ name: 'main', secret: 'file:/no/such/key' }] }],
    });
  const approved = () =>
    existsSync(join(cwd, '.drover/references')) ? readdirSync(join(cwd, '.drover/references')) : [];
  const before = approved();
  const file = lacking('lacking');
  const planned = await drover(['plan', '-f', file, '--exit-code'], cwd);
  expect(planned).toMatchObject({ code: 1, stderr: '' });
  expect(planned.stdout).toMatch(/^create {2}lacking\/Lacks\ncreate {2}lacking\/Gone\ncreate {2}lacking\/Fine\n/);
  const [, ...missing] = planned.stdout.split('apply would change nothing, because something is missing:\n');
  expect(missing.join('')).toMatch(
    /^ {2}lacking\/Lacks: process\.env\.KEY: secret env:NO_SUCH_KEY: .*credential main of pool .*\/no\/such\/key.*\n {2}lacking\/Gone: process\.command: .*no-such-program.*\n$/,
  );
  expect(approved()).toEqual(before);
  const { unmet } = JSON.parse((await drover(['plan', '-f', file, '-o', 'json'], cwd)).stdout) as PlanResult;
  expect(unmet?.map(({ agent }) => agent)).toEqual(['Lacks', 'Gone']);

  // It says the same as apply.
  const applied = await drover(['apply', '-f', file], cwd);
  expect(applied.code).toBe(1);
  for (const line of missing.join('').trimEnd().split('\n')) expect(applied.stderr).toContain(line);

  const shopping = [keeper, beating('Changed', { LETTER: 'env:NO_SUCH_KEY' }), beating('Removed'), beating('Stays')];
  const changed = await drover(['plan', '-f', shop(shopping)], cwd);
  expect(changed).toMatchObject({ code: 1 });
  expect(changed.stdout).toContain('  shop/Changed: process.env.LETTER: secret env:NO_SUCH_KEY');
});

test('one environment changed, one removed, one added: exactly these three, the others keep their PIDs, a run in flight does not notice', async () => {
  expect(await drover(['run', 'shop', 'Take your time.', '--detach', '--name', 'slow'], cwd)).toMatchObject({
    code: 0,
  });
  await until(() => existsSync(STARTED) || undefined, PATIENCE_MS);
  const [keeps, stays, changed, removed] = await Promise.all(
    ['Keeper', 'Stays', 'Changed', 'Removed'].map((name) => pidOf(`shop/${name}`)),
  );
  const file = shop([keeper, beating('Changed', { LETTER: 'B' }), beating('Stays'), beating('Added')]);
  expect(await drover(['plan', '-f', file, '--exit-code'], cwd)).toMatchObject({
    code: 10,
    stdout: [
      'replace shop/Changed (process.env.LETTER)',
      '        process.env.LETTER: "***" → "***"',
      'create  shop/Added',
      'delete  shop/Removed\n',
    ].join('\n'),
  });
  expect(await drover(['apply', '-f', file, '--yes'], cwd)).toMatchObject({ code: 0 });

  expect(await Promise.all(['Keeper', 'Stays'].map((name) => pidOf(`shop/${name}`)))).toEqual([keeps, stays]);
  expect([changed ?? 0, removed ?? 0].filter((pid) => !isGone(pid))).toEqual([]);
  const { agents } = await json<FleetDescription>('describe', 'fleet', 'shop');
  expect(Object.fromEntries(Object.entries(agents).map(([name, { revision }]) => [name, revision]))).toEqual({
    ...{ Keeper: 1, Stays: 1 },
    ...{ Changed: 2, Added: 2 },
  });
  expect(await json<RunView>('describe', 'run', 'shop/slow')).toMatchObject({ state: 'running' });
  writeFileSync(GO, '');
  const ended = await until(async () => {
    const run = await json<RunView>('describe', 'run', 'shop/slow');
    return run.state === 'running' ? undefined : run;
  }, PATIENCE_MS);
  expect(ended).toMatchObject({ state: 'completed', result: { success: true, finalResponse: 'done', turns: 1 } });
});

test('a second change is refused while one runs, or waits its turn', async () => {
  const waits = `while [ ! -e ${cwd}/ready ]; do sleep 0.1; done; exec sh ${BEATS}`;
  const late = { name: 'Late', provider: 'process' as const, process: { command: ['sh', '-c', waits] } };
  const first = start(['apply', '-f', fileOf('one', { agents: [late] })], cwd);
  await until(() => first.output.stderr.includes('one/Late: waking') || undefined, PATIENCE_MS);
  const more = fileOf('one', { agents: [late, beating('More')] });
  const refused = await drover(['apply', '-f', more, '-o', 'json'], cwd);
  expect({ code: refused.code, stderr: refused.stderr }).toEqual({
    code: 5,
    stderr: expect.stringContaining('ChangeInProgress') as string,
  });
  const second = start(['apply', '-f', more, '--wait'], cwd);
  writeFileSync(join(cwd, 'ready'), '');
  expect(await first.ended).toMatchObject({ code: 0, stdout: 'fleet one is at revision 1\n' });
  expect(await second.ended).toMatchObject({ code: 0, stdout: 'fleet one is at revision 2\n' });
  expect(await drover(['destroy', '-f', more, '--yes'], cwd)).toMatchObject({ code: 0 });
});

test('an undo that fails is shown by describe with what is left, and compensate ends it', async () => {
  const { url } = service;
  const external = { create: `${url}/create`, wake: `${url}/wake`, destroy: `${url}/destroy` };
  const file = fileOf('venus', { agents: [{ name: 'A', provider: 'external', external }] });
  service.disturb = ({ path }) => (path === '/create' ? undefined : { status: 422, text: 'not today' });
  const failed = await drover(['apply', '-f', file], cwd);
  expect(failed.code).toBe(1);
  expect(failed.stderr).toContain('not undone: A');
  const compensation = async () => {
    const { stdout } = await drover(['describe', 'fleet', 'venus'], cwd);
    return /^Compensation: +(.*)$/m.exec(stdout)?.[1];
  };
  expect(await compensation()).toMatch(
    /^failed, attempt 1 \(1 started, 0 completed, 1 failed\); not undone: A \(.*422: not today.*\)$/,
  );

  const stale = await drover(['compensate', 'venus', '--attempt', '1', '-o', 'json'], cwd);
  expect({ code: stale.code, stderr: JSON.parse(stale.stderr) as unknown }).toMatchObject({
    code: 5,
    stderr: { error: { code: 'StaleAttempt' } },
  });
  service.disturb = () => undefined;
  expect(await drover(['compensate', 'venus'], cwd)).toMatchObject({
    code: 0,
    stdout: 'revision 1 of fleet venus is undone (attempt 2)\n',
  });
  expect(await compensation()).toBe('compensated, attempt 2 (2 started, 1 completed, 1 failed)');
  expect(service.agents.size).toBe(0);
  expect(await drover(['compensate', 'venus', '--attempt', '3'], cwd)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('already compensated') as string,
  });
});

test('cancel takes the change that runs back, says why to the one who waits for it, and is refused if none runs', async () => {
  const waits = { name: 'A', provider: 'process' as const, process: { command: ['sleep', '1000'] } };
  const applied = start(['apply', '-f', fileOf('pluto', { agents: [waits] })], cwd);
  await until(() => applied.output.stderr.includes('pluto/A: waking') || undefined, PATIENCE_MS);
  expect(await drover(['cancel', 'pluto', '--revision', '7'], cwd)).toMatchObject({ code: 5 });
  expect(await drover(['cancel', 'pluto', '--reason', 'a typing error'], cwd)).toMatchObject({
    code: 0,
    stdout: 'revision 1 of fleet pluto is rolled_back\n',
  });
  const { code, stderr } = await applied.ended;
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('cancelled: a typing error') as string,
  });
  expect(await drover(['cancel', 'pluto'], cwd)).toMatchObject({
    code: 5,
    stderr: expect.stringContaining('has no change to cancel (revision 1 is rolled_back)') as string,
  });
  expect(await drover(['cancel', 'nowhere'], cwd)).toMatchObject({ code: 3 });
});

test('destroy names --forget where something cannot be removed, and with it gives that up and lists it', async () => {
  const { url } = service;
  const external = { create: `${url}/create`, destroy: `${url}/destroy` };
  const file = fileOf('ceres', { agents: [{ name: 'A', provider: 'external', external }] });
  service.disturb = ({ path }) => ({ status: path === '/create' ? 500 : 422, text: 'gone for good' });
  try {
    expect(await drover(['apply', '-f', file], cwd)).toMatchObject({ code: 1 });
    const kept = await drover(['destroy', 'ceres', '--yes'], cwd);
    expect({ code: kept.code, stderr: kept.stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/422: gone for good[^]*drover destroy ceres --forget/) as string,
    });
    const forgotten = await drover(['destroy', 'ceres', '--yes', '--forget'], cwd);
    expect({ code: forgotten.code, stdout: forgotten.stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^fleet ceres is destroyed\ngiven up, .*\n {2}ceres\/A: external .*422/) as string,
    });
    expect(await drover(['describe', 'fleet', 'ceres'], cwd)).toMatchObject({ code: 3 });
  } finally {
    service.disturb = () => undefined;
  }
});

test('gc lists resources without an owner, removes them with --yes, and leaves the rest alone', async () => {
  const installation = readFileSync(join(cwd, '.drover/installation'), 'utf8').trim();
  const key = `${installation}.0123456789ab.1.Orphan`;
  const place = join(cwd, '.drover/agents', key);
  mkdirSync(place, { mode: 0o700 });
  const createdAt = new Date(Date.now() - 3_600_000).toISOString();
  writeFileSync(join(place, 'resource.json'), JSON.stringify({ key, fleet: 'gone', agent: 'Orphan', createdAt }), {
    mode: 0o600,
  });
  const before = await pidOf('shop/Stays');
  const listed = await json<{ items: object[]; removed: boolean }>('gc');
  expect(listed).toMatchObject({ items: [{ fleet: 'gone', agent: 'Orphan', resourceId: key }], removed: false });
  expect((await drover(['gc'], cwd)).stdout).toContain('drover gc --yes removes them');
  expect((await drover(['gc', '--yes'], cwd)).stdout).toMatch(/gone\/Orphan .*\nremoved\n$/);
  expect(await drover(['gc', '--yes'], cwd)).toMatchObject({ code: 0, stdout: 'nothing is left over\n' });
  expect(await pidOf('shop/Stays')).toBe(before);
});

test("everything in the state directory is its owner's alone: files 0600, directories 0700", () => {
  const root = join(cwd, '.drover');
  const modes = [root, ...readdirSync(root, { recursive: true }).map((name) => join(root, String(name)))].map(
    (path) => {
      const entry = statSync(path);
      return `${entry.isDirectory() ? 'directory' : 'file'} ${(entry.mode & 0o777).toString(8)} ${path}`;
    },
  );
  expect(modes.filter((line) => !/^(?:directory 700|file 600) /.test(line))).toEqual([]);
  for (const name of ['temporal.db', 'temporal.log', 'drover.log', 'token'])
    expect(modes.join('\n')).toContain(`${root}/${name}`);
});

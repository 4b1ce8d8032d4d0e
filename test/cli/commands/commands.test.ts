import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseDurationMs } from '../../../src/cli/lib/arguments';
import { SpecKeys } from '../../../src/client/spec-keys';
import { ERRORS } from '../../../src/contract/errors';
import { drover, temporaryFolder } from './drover';

const folder = temporaryFolder();
afterAll(folder.remove);

const CASES = join(__dirname, '../../cases');

it('prints its version without loading anything of Temporal', async () => {
  const probe = join(folder.path, 'probe.cjs');
  writeFileSync(
    probe,
    `process.on('exit', () => console.error(Object.keys(require.cache).filter((path) => /@temporalio|grpc|zod/.test(path)).length));`,
  );
  const { code, stdout, stderr } = await drover(['version'], folder.path, { NODE_OPTIONS: `--require ${probe}` });
  expect({ code, stderr: stderr.trim() }).toEqual({ code: 0, stderr: '0' });
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('explains itself', async () => {
  const { code, stdout } = await drover(['--help'], folder.path);
  expect(code).toBe(0);
  for (const command of ['up', 'apply', 'get', 'pause', 'run', 'simulate']) expect(stdout).toContain(`  ${command} `);
  const help = await drover(['help', 'pause'], folder.path);
  expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--drain-timeout') as string });
});

it.each(['pause', 'resume', 'stop', 'start', 'restart', 'terminate', 'wait agent'])(
  'shows the default of %s --timeout as it would be written',
  async (command) => {
    const { stdout } = await drover([...command.split(' '), '--help'], folder.path);
    const shown = /--timeout <duration>[^(]*\(default:\s+(\S+)\)/.exec(stdout)?.[1];
    expect(parseDurationMs(shown ?? '')).toBeGreaterThan(0);
  },
);

describe('a command line that makes no sense ends with 2', () => {
  it.each([
    [['nonsense']],
    [['get', 'nonsense']],
    [['get', 'agents', '--colour']],
    [['get', 'agents', '-o', 'xml']],
    [['get', 'agents', '--status', 'happy']],
    [['pause']],
    [['pause', 'mars']],
    [['pause', 'mars/AgentA', '--fleet', 'mars']],
    [['pause', 'mars/AgentA', '--drain-timeout', 'soon']],
    [['wait', 'agent', 'mars/AgentA', '--for', 'happiness=much']],
    [['wait', 'agent', 'mars/AgentA', '--for', 'status=blah']],
    [['hold', 'mars/AgentA']],
    [['apply']],
    [['apply', '-f', 'nowhere.yaml']],
    [['simulate', 'nowhere.yaml']],
    [['run', 'mars', 'go', '--script', 'nowhere.yaml']],
    [['run', 'mars', 'go', '--name', 'no name']],
    [['run', 'mars', 'go', '--watch', '--detach']],
    [['up', '--task', 't']],
    [['worker', '--queues', 'main,other']],
  ])('%j', async (args) => {
    const { code, stdout, stderr } = await drover(args, folder.path);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).not.toBe('');
  });

  it.each([
    ['pause', ['--hold', 'budget']],
    ['pause', ['--mode', 'freeze']],
    ['pause', ['--drain-timeout', '5s']],
    ['resume', ['--hold', 'budget']],
    ['resume', ['--cancel-pending']],
  ])('%s --fleet mars %j: a fleet has no such choice', async (command, flags) => {
    const nowhere = ['--address', '127.0.0.1:1', '-o', 'json'];
    const { code, stderr } = await drover([command, '--fleet', 'mars', ...flags, ...nowhere], folder.path);
    expect(code).toBe(2);
    const message = expect.stringMatching(`^${flags[0] ?? ''} cannot be used with ${command} --fleet`) as string;
    expect(JSON.parse(stderr)).toEqual({ error: { code: 'InvalidRequest', message } });
  });

  it('as JSON under -o json', async () => {
    for (const args of [
      ['get', 'agents', '-o', 'json', '--colour'],
      ['pause', '-o', 'json'],
      ['pause', 'a b', '-o=json'],
    ]) {
      const { code, stderr } = await drover(args, folder.path);
      expect(code).toBe(2);
      expect(JSON.parse(stderr)).toEqual({ error: { code: 'InvalidRequest', message: expect.any(String) as string } });
    }
  });
});

it('says within a few seconds that no server answers', async () => {
  const { code, stderr } = await drover(['get', 'agents', '--address', '127.0.0.1:1', '-o', 'json'], folder.path);
  expect(code).toBe(ERRORS.Unavailable.exit);
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'Unavailable' } });
});

it('shows the trail of the gateway although no server answers, and says what is missing', async () => {
  const entry = {
    at: new Date().toISOString(),
    who: 'alice',
    role: 'operator',
    from: '10.0.0.7',
    method: 'POST',
    path: '/v1/agents/mars/AgentA/pause',
    fleet: 'mars',
    agent: 'AgentA',
    requestId: 'r-1',
    status: 200,
    code: null,
  };
  const state = join(folder.path, 'audited');
  mkdirSync(state);
  writeFileSync(join(state, 'audit.ndjson'), `${JSON.stringify(entry)}\n`);
  const args = ['audit', '--agent', 'mars/AgentA', '--address', '127.0.0.1:1', '-o', 'json'];
  const { code, stdout, stderr } = await drover(args, folder.path, { DROVER_STATE_DIR: state });
  expect({ code, items: (JSON.parse(stdout) as { items: unknown }).items }).toEqual({ code: 0, items: [entry] });
  expect(stderr).toContain('only what went through the gateway, without commands at a terminal: no Temporal server');
});

it('has a doctor that says what is not there', async () => {
  const { code, stdout } = await drover(['doctor', '--address', '127.0.0.1:1', '-o', 'json'], folder.path);
  const { findings } = JSON.parse(stdout) as { findings: { check: string; result: string; detail: string }[] };
  expect(code).toBe(1);
  expect(findings[0]).toEqual({ check: 'node', result: 'ok', detail: process.versions.node });
  expect(findings.find(({ check }) => check === 'temporal')).toMatchObject({
    result: 'wrong',
    detail:
      'no Temporal server answers at 127.0.0.1:1: start drover up in this directory, or name another server with --address',
  });
  expect(findings.find(({ check }) => check === 'gateway')).toMatchObject({ result: 'missing' });
  expect(findings.find(({ check }) => check === 'specification key')).toMatchObject({
    result: 'missing',
    detail: expect.stringContaining('set DROVER_SPEC_SECRET') as string,
  });
});

it('has a doctor that names the specification keys by their ids', async () => {
  const secrets = ['the-old-secret-of-the-doctor-tests', 'the-new-secret-of-the-doctor-tests'];
  const { stdout } = await drover(['doctor', '--address', '127.0.0.1:1', '-o', 'json'], folder.path, {
    DROVER_SPEC_SECRET: secrets.join(','),
  });
  const { findings } = JSON.parse(stdout) as { findings: { check: string; result: string; detail: string }[] };
  const [first, second] = new SpecKeys(secrets).ids;
  expect(findings.find(({ check }) => check === 'specification key')).toEqual({
    check: 'specification key',
    result: 'ok',
    detail: `${first ?? ''} signs; ${second ?? ''} verifies too`,
  });
  for (const secret of secrets) expect(stdout).not.toContain(secret);
});

it('completes its commands in a shell', async () => {
  const { stdout } = await drover(['completion', 'bash'], folder.path);
  expect(stdout).toMatch(/__complete -- [^]*\ncomplete -F _drover drover\n$/);
});

it('refuses settings that cannot be, all at once', async () => {
  const { code, stderr } = await drover(['gateway'], folder.path, {
    DROVER_GATEWAY_PORT: 'many',
    DROVER_LOG_LEVEL: 'loud',
    DROVER_OPERATOR_TOKENS: 'short',
  });
  expect(code).toBe(2);
  for (const name of ['DROVER_GATEWAY_PORT', 'DROVER_LOG_LEVEL', 'DROVER_OPERATOR_TOKENS'])
    expect(stderr).toContain(name);
});

it('does not listen to the world without tokens', async () => {
  const { code, stderr } = await drover(['gateway'], folder.path, { DROVER_GATEWAY_HOST: '0.0.0.0' });
  expect(code).toBe(2);
  expect(stderr).toContain('DROVER_OPERATOR_TOKENS');
});

it('prints the schema of the fleet file', async () => {
  const { code, stdout } = await drover(['schema'], folder.path);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ title: 'Drover fleet', properties: { spec: {} } });
});

describe('simulate', () => {
  it('prints the answer, or why the run has none', async () => {
    expect(await drover(['simulate', join(CASES, 'mars.yaml')], folder.path)).toMatchObject({
      code: 0,
      stdout: 'MARS\n',
    });
    expect(await drover(['simulate', join(CASES, 'strict-failure.yaml')], folder.path)).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('b2 died') as string,
    });
  });

  it('prints one object a line for several files', async () => {
    const files = ['mars.yaml', 'mars-wrong-edge.yaml', 'strict-failure.yaml'].map((name) => join(CASES, name));
    const { code, stdout } = await drover(['simulate', '--trace', ...files], folder.path);
    expect(code).toBe(1);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ file, success, finalResponse }) => ({ file, success, finalResponse }))).toEqual([
      { file: files[0], success: true, finalResponse: 'MARS' },
      { file: files[1], success: true, finalResponse: 'MARS' },
      { file: files[2], success: false, finalResponse: null },
    ]);
    for (const line of lines)
      expect(line['trace']).toEqual(
        expect.arrayContaining([expect.objectContaining({ turnId: expect.any(String) as string })]),
      );
  });

  it('says what is wrong with a scenario', async () => {
    const file = join(folder.path, 'wrong.yaml');
    writeFileSync(file, 'apiVersion: drover/v1\nkind: Scenario\ntopology: {flows: ["Start > A"]}\nscript: {}\n');
    const { code, stderr } = await drover(['simulate', file, '-o', 'json'], folder.path);
    expect(code).toBe(2);
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'InvalidScenario' } });
  });

  it('plays the rest of several files if one is wrong, and says so in its line and its exit code', async () => {
    const wrong = join(folder.path, 'wrong-policy.yaml');
    const topology = '{flows: [Start -> A, A -> End], convergence: {timeout: 5}}';
    writeFileSync(wrong, `apiVersion: drover/v1\nkind: Scenario\ntask: t\ntopology: ${topology}\nscript: {}\n`);
    const files = [join(CASES, 'strict-failure.yaml'), wrong, join(CASES, 'mars.yaml')];
    const { code, stdout } = await drover(['simulate', ...files], folder.path);
    expect(code).toBe(2);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([
      expect.objectContaining({ file: files[0], success: false }),
      {
        file: wrong,
        error: {
          code: 'InvalidScenario',
          message: `${wrong}: topology.convergence.timeout: expected a string, got a number`,
        },
      },
      expect.objectContaining({ file: files[2], success: true, finalResponse: 'MARS' }),
    ]);
  });
});

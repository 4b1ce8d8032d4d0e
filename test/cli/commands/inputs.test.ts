/** What commands take and where they look: standard input, folders, ports, tokens, and the directory that decides. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { agentToken } from '../../../src/contract/agent/token';
import { freePorts } from '../../../src/dev/ports';
import { until } from '../../../src/lib/until';
import { PATIENCE_MS } from '../../support/patience';
import { drover, environmentOf, type Ended, start, startUp, temporaryFolder } from './drover';

const folder = temporaryFolder();
const elsewhere = mkdtempSync(join(tmpdir(), 'drover-elsewhere-'));
afterAll(async () => {
  await folder.remove();
  rmSync(elsewhere, { recursive: true, force: true });
});

const BIN = join(__dirname, '../../../bin/drover.js');

/** A command with this on its standard input. */
async function fed(args: readonly string[], cwd: string, input: string | Buffer): Promise<Ended> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd, env: environmentOf({}), stdio: 'pipe' });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (text: Buffer) => (output.stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (output.stderr += text.toString()));
  child.stdin.end(input);
  await once(child, 'close');
  return { code: child.exitCode ?? 128, ...output };
}

const fleet = (name: string, agent: object): string =>
  JSON.stringify({ apiVersion: 'drover/v1', kind: 'Fleet', metadata: { name }, spec: { agents: [agent] } });
const external = { name: 'A', provider: 'external', liveness: { readyTimeout: '1s' } };
const ticking = {
  name: 'A',
  provider: 'process',
  process: {
    command: ['sh', '-c', 'echo "the key is $API_KEY"; i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.1; done'],
    env: { API_KEY: 'sk-of-the-ticking-agent' },
  },
  liveness: { readyTimeout: '10m' },
};
const crashing = {
  name: 'A',
  provider: 'process',
  process: { command: ['sh', '-c', 'echo the reason; exit 3'] },
  restart: { on: 'never' },
};

it('takes files, folders, standard input, ports and tokens, and finds its directory from below', async () => {
  const [port = 0, ui = 0, gateway = 0] = await freePorts(3);
  const flags = ['--port', String(port), '--ui-port', String(ui), '--gateway-port', String(gateway)];
  const up = await startUp(folder.path, flags);
  expect(up.where).toMatchObject({
    temporal: `127.0.0.1:${String(port)}`,
    webUi: `http://127.0.0.1:${String(ui)}`,
    gateway: `http://127.0.0.1:${String(gateway)}`,
  });

  const below = join(folder.path, 'a/b');
  mkdirSync(below, { recursive: true });
  expect(await fed(['plan', '-f', '-', '-o', 'name'], below, fleet('in', external))).toMatchObject({
    code: 0,
    stdout: 'in/A\n',
  });
  expect(await fed(['plan', '-f', '-'], below, 'kind: Fleet')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('standard input:') as string,
  });
  expect(await fed(['run', 'in', '-'], below, '\n')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('standard input is empty: write the task there') as string,
  });

  const latin = Buffer.from('caf\xe9', 'latin1');
  writeFileSync(join(below, 'latin.txt'), latin);
  for (const [given, name] of [
    ['-', 'standard input'],
    ['@latin.txt', 'latin.txt'],
  ] as const) {
    const refused = `${name} is not UTF-8 text: save it as UTF-8`;
    const { code, stderr } = await fed(['run', 'in', given], below, latin);
    expect({ code, said: stderr.includes(refused) }).toEqual({ code: 2, said: true });
  }

  writeFileSync(join(below, '1.yaml'), fleet('one', crashing));
  writeFileSync(join(below, '2.json'), fleet('two', external));
  writeFileSync(join(below, 'scenario.yaml'), 'kind: Scenario\n');
  expect((await drover(['plan', '-f', below, '-o', 'name'], below)).stdout).toBe('one/A\ntwo/A\n');
  const twice = await drover(['apply', '-f', below, '-f', join(below, '1.yaml')], below);
  expect(twice).toMatchObject({ code: 2, stderr: expect.stringContaining('both describe the fleet one') as string });
  const asked = await drover(['apply', '-f', join(below, '2.json'), '--no-wait', '--yes'], below);
  expect(asked).toMatchObject({ code: 0, stdout: expect.stringContaining('create  two/A') as string });

  // Ctrl-C ends the waiting, not the change.
  writeFileSync(join(elsewhere, 'long.json'), fleet('long', { ...external, liveness: { readyTimeout: '10m' } }));
  const applying = start(['apply', '-f', join(elsewhere, 'long.json')], below);
  expect(await until(() => applying.output.stderr.includes('long/A') || undefined, PATIENCE_MS)).toBe(true);
  applying.process.kill('SIGINT');
  const left = await applying.ended;
  expect({ code: left.code, stderr: left.stderr }).toEqual({
    code: 130,
    stderr: expect.stringContaining('the change of fleet long goes on: drover describe fleet long --watch') as string,
  });
  expect((await drover(['cancel', 'long'], below)).code).toBe(0);

  // The log says why, after the change has been taken back, and after the fleet is gone.
  const failed = await drover(['apply', '-f', join(below, '1.yaml')], below);
  expect(failed.code).toBe(1);
  expect(await drover(['logs', 'one/A'], below)).toMatchObject({ code: 0, stdout: 'the reason\n' });
  const address = ['--address', up.where.temporal];
  const away = await drover(['logs', 'one/A', ...address], elsewhere);
  expect(away).toMatchObject({
    code: 2,
    stdout: '',
    stderr: expect.stringMatching(/belongs to no drover up or worker.* on host /) as string,
  });
  for (const read of [
    ['doctor', ...address],
    ['gc', ...address],
    ['get', 'agents', ...address],
  ])
    await drover(read, elsewhere);
  expect(existsSync(join(elsewhere, '.drover'))).toBe(false);

  const secret = readFileSync(join(folder.path, '.drover/agent-secret'), 'utf8').trim();
  const token = agentToken(secret, 'two', 'A');
  expect(await drover(['token', 'two/A'], below)).toMatchObject({ code: 0, stdout: `${token}\n` });
  const operator = readFileSync(up.where.tokenFile, 'utf8').trim();
  const env = { DROVER_GATEWAY_URL: up.where.gateway, DROVER_OPERATOR_TOKENS: operator };
  expect(await drover(['token', 'two/A'], elsewhere, env)).toMatchObject({ code: 0, stdout: `${token}\n` });
  // A log is read on its host, and handed on without secrets, wherever the command runs.
  writeFileSync(join(below, 'tick.yaml'), fleet('tick', ticking));
  expect(await drover(['apply', '-f', join(below, 'tick.yaml'), '--no-wait', '--yes'], below)).toMatchObject({
    code: 0,
  });
  const followed = start(['logs', 'tick/A', '-f', ...address], elsewhere, env);
  await until(() => followed.output.stdout.includes('tick 3\n') || undefined, PATIENCE_MS);
  followed.process.kill('SIGINT');
  expect(await followed.ended).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^the key is \*\*\*\ntick 1\n/) as string,
  });
  for (const [where, variables] of [
    [below, {}],
    [elsewhere, env],
  ] as const) {
    const last = await drover(['logs', '--fleet', 'tick', '--tail', '1', '--timestamps', ...address], where, variables);
    expect(last).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\S+Z A: tick \d+\n$/) as string });
    const since = await drover(['logs', 'tick/A', '--since', '1h', ...address], where, variables);
    expect(since).toMatchObject({ code: 0, stdout: expect.stringMatching(/\ntick 1\ntick 2\n/) as string });
  }
  expect(await drover(['logs', 'two/A', ...address], elsewhere, env)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('an agent of provider external writes it where its service runs') as string,
  });
  expect(await drover(['logs', 'one/A', ...address], elsewhere, env)).toMatchObject({
    code: 0,
    stdout: 'the reason\n',
  });
  expect(existsSync(join(elsewhere, '.drover'))).toBe(false);

  const wrong = await drover(['token', 'two/A'], elsewhere, { ...env, DROVER_OPERATOR_TOKENS: token });
  expect(wrong).toMatchObject({ code: 4, stdout: '' });
  expect(await drover(['token', 'two/A'], elsewhere)).toMatchObject({ code: 2, stdout: '' });

  up.process.kill('SIGINT');
  await up.ended;
  const other = createServer().listen(port, '127.0.0.1');
  await once(other, 'listening');
  const taken = await drover(['up', '--port', String(port)], folder.path);
  expect(taken).toMatchObject({ code: 6, stderr: expect.stringContaining(`port ${String(port)} is taken`) as string });
  other.close();
  expect(await drover(['up', '--port', String(ui)], folder.path)).toMatchObject({ code: 2 });
});

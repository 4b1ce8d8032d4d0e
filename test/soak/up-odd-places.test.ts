/** `drover up` twice where everything is in its way: the directory's name, files that a crash left, ports that others have taken. */
import { copyFileSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOOPBACK } from '../../src/dev/ports';
import { openStateDirectory } from '../../src/dev/state-dir';
import { drover, type Running, startUp, temporaryFolder } from '../cli/commands/drover';
import { takePort } from '../cli/commands/taken-ports';

const folder = temporaryFolder();
afterAll(folder.remove, 60_000);

async function told(running: Running, signal: NodeJS.Signals): Promise<string> {
  running.process.kill(signal);
  const { code, stderr } = await running.ended;
  expect(code).toBe(0);
  return stderr;
}

test('any name of a directory, a lock of zero bytes, and ports of Temporal that others have: up, with all its files in .drover', async () => {
  const parent = join(folder.path, 'parent');
  const cwd = join(parent, 'c# who?me 100%25 "it\'s"\n$(id) &');
  mkdirSync(cwd, { recursive: true });
  const { ports } = await openStateDirectory(join(cwd, '.drover'));
  writeFileSync(join(cwd, '.drover/up.lock'), '');
  writeFileSync(join(cwd, '.drover/temporal.pid'), '\0\0\0\0');
  writeFileSync(join(cwd, '.drover/temporal.db'), '');
  await takePort(ports.grpc);
  await takePort(ports.ui);
  copyFileSync(join(__dirname, '../../examples/shell/agent.sh'), join(cwd, 'an "agent" #1?.sh'));
  const fleet = {
    apiVersion: 'drover/v1',
    kind: 'Fleet',
    metadata: { name: 'odd' },
    spec: { agents: [{ name: 'A', provider: 'process', process: { command: ['sh', 'an "agent" #1?.sh'] } }] },
  };
  writeFileSync(join(cwd, 'odd fleet.yaml'), JSON.stringify(fleet));

  const first = await startUp(cwd, ['odd fleet.yaml']);
  const { stderr } = first.output;
  expect(stderr).toContain(`port ${String(ports.grpc)} (Temporal) is taken by another program: from now on it is `);
  expect(stderr).toContain(
    `port ${String(ports.ui)} (Temporal's Web UI) is taken by another program: from now on it is `,
  );
  const kept = JSON.parse(readFileSync(join(cwd, '.drover/ports.json'), 'utf8')) as typeof ports;
  expect(first.where.temporal).toBe(`${LOOPBACK}:${String(kept.grpc)}`);
  expect(kept.gateway).toBe(ports.gateway);
  const { pid } = JSON.parse((await drover(['describe', 'agent', 'odd/A', '-o', 'json'], cwd)).stdout) as {
    pid: number;
  };
  expect(await told(first, 'SIGTERM')).toContain('drover: 1 agent runs on.');

  const second = await startUp(cwd);
  expect(second.where).toMatchObject({ temporal: first.where.temporal, gateway: first.where.gateway });
  const again = JSON.parse((await drover(['describe', 'agent', 'odd/A', '-o', 'json'], cwd)).stdout) as object;
  expect(again).toMatchObject({ status: 'running', liveness: 'ready', pid });
  expect(await drover(['destroy', 'odd', '--yes'], cwd)).toMatchObject({ code: 0 });
  expect(await told(second, 'SIGTERM')).not.toMatch(/^drover: .* run/m);
  expect(readdirSync(parent)).toHaveLength(1);
  expect(readdirSync(cwd).sort()).toEqual(['.drover', 'an "agent" #1?.sh', 'odd fleet.yaml']);
}, 120_000);

/** The secrets that open Drover itself are not credentials of agents, by any path. */
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentSpec } from '../../src/contract/agent';
import { instanceVariables } from '../../src/providers/environment';
import { callFor, wakeOf } from './calls';
import { resolveSecret } from '../../src/providers/secrets';

let folder: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-own-'));
  const stateDir = join(folder, 'state');
  mkdirSync(stateDir);
  for (const name of ['spec-secret', 'agent-secret', 'token', 'key'])
    writeFileSync(join(stateDir, name), `its ${name}\n`);
  environment = {
    DROVER_STATE_DIR: stateDir,
    DROVER_SPEC_SECRET: 'x',
    DROVER_AGENT_SECRET: 'x',
    DROVER_OPERATOR_TOKENS: 'x',
    TEMPORAL_API_KEY: 'x',
    TEMPORAL_TLS_CLIENT_KEY_DATA: 'x',
    KEY: 'k',
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const OWN = [
  'DROVER_SPEC_SECRET',
  'DROVER_AGENT_SECRET',
  'DROVER_OPERATOR_TOKENS',
  'TEMPORAL_API_KEY',
  'TEMPORAL_TLS_CLIENT_KEY_DATA',
];

/** A wake of an agent with this block; a spec from a service may hold what no fleet file may. */
const waking = (block: AgentSpec['process'] & object) =>
  instanceVariables(
    wakeOf(callFor('own', { provider: 'process', process: block })),
    { gatewayUrl: 'http://127.0.0.1:1', agentSecret: 'x' },
    environment,
  );

test.each(OWN)('variables of an agent that refer to %s, or pass it on', async (name) => {
  const refused = {
    message: expect.stringContaining('a secret of Drover itself') as string,
    details: { permanent: true },
  };
  await expect(waking({ command: ['x'], env: { KEY: `env:${name}` } })).rejects.toMatchObject(refused);
  await expect(waking({ command: ['x'], passEnv: [name] })).rejects.toMatchObject(refused);
});

test('variables of an agent that refer to a file of Drover', async () => {
  const file = `file:${join(folder, 'state', 'spec-secret')}`;
  await expect(waking({ command: ['x'], env: { KEY: file } })).rejects.toThrow('a secret of Drover itself');
});

test.each(OWN)('env:%s', async (name) => {
  await expect(resolveSecret(`env:${name}`, environment)).rejects.toMatchObject({
    message: expect.stringContaining('a secret of Drover itself') as string,
    details: { permanent: true },
  });
});

test.each(['spec-secret', 'agent-secret', 'token'])('the file %s, by its path and by links', async (name) => {
  const path = join(folder, 'state', name);
  symlinkSync(path, join(folder, 'soft'));
  symlinkSync(join(folder, 'state'), join(folder, 'way'));
  linkSync(path, join(folder, 'hard'));
  for (const way of [path, join(folder, 'soft'), join(folder, 'way', name), join(folder, 'hard')])
    await expect(resolveSecret(`file:${way}`, environment)).rejects.toThrow('a secret of Drover itself');
});

test('the environment of a process', async () => {
  symlinkSync('/proc/self/environ', join(folder, 'soft'));
  for (const way of ['/proc/self/environ', join(folder, 'soft')])
    await expect(resolveSecret(`file:${way}`, environment)).rejects.toThrow('a secret of Drover itself');
});

test('everything else is what it was', async () => {
  expect(await resolveSecret('env:KEY', environment)).toBe('k');
  expect(await resolveSecret(`file:${join(folder, 'state', 'key')}`, environment)).toBe('its key');
  expect(await resolveSecret(`file:${join(folder, 'state', 'key')}`, {})).toBe('its key');
  await expect(resolveSecret(`file:${join(folder, 'none')}`, environment)).rejects.toThrow('cannot be read (ENOENT)');
  writeFileSync(join(folder, 'latin'), Buffer.from('pass\xe9', 'latin1'));
  await expect(resolveSecret(`file:${join(folder, 'latin')}`, environment)).rejects.toThrow('is not UTF-8 text');
});

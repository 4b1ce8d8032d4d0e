/** The secrets that open Drover itself are not credentials of agents, by any path. */
import { linkSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
    KEY: 'k',
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test.each(['DROVER_SPEC_SECRET', 'DROVER_AGENT_SECRET', 'DROVER_OPERATOR_TOKENS'])('env:%s', async (name) => {
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
});

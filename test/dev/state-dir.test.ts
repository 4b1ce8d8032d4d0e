import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { claim } from '../../src/dev/claim';
import { makeSpecSecrets, openStateDirectory } from '../../src/dev/state-dir';
import { identify } from '../../src/lib/process-identity';
import { lockStateDirectory, readUpState, unlockStateDirectory, writeUpState } from '../../src/dev/up-state';

let folder: string;
const me = identify(process.pid);
if (!me) throw new Error('no identity');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-state-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('the kept files are the same at the second opening, and only its owner can read it', async () => {
  const path = join(folder, '.drover');
  const first = await openStateDirectory(path);
  expect(await openStateDirectory(path)).toEqual(first);
  expect(new Set(Object.values(first.ports)).size).toBe(3);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  for (const name of ['token', 'agent-secret', 'installation', 'ports.json']) {
    expect(statSync(join(path, name)).mode & 0o777).toBe(0o600);
  }
  expect(readFileSync(first.tokenFile, 'utf8')).toBe(first.token);
});

test('the secret that specifications are signed with is there once a drover up has made it, and may be several', async () => {
  const path = join(folder, '.drover');
  expect((await openStateDirectory(path)).specSecrets).toBeUndefined();
  const [made = ''] = makeSpecSecrets(path);
  expect(made).toMatch(/^[\w-]{43}$/);
  expect(makeSpecSecrets(path)).toEqual([made]);
  expect((await openStateDirectory(path)).specSecrets).toEqual([made]);
  const file = join(path, 'spec-secret');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  writeFileSync(file, `${'n'.repeat(32)}, ${made}\n`);
  expect((await openStateDirectory(path)).specSecrets).toEqual(['n'.repeat(32), made]);
  for (const damaged of ['', '\0'.repeat(64), 'n'.repeat(31), `${made},`, `${made},short`]) {
    writeFileSync(file, damaged);
    await expect(openStateDirectory(path)).rejects.toThrow(file);
  }
});

test('a second drover up says which one runs and where', () => {
  lockStateDirectory(folder);
  expect(() => lockStateDirectory(folder)).toThrow(`process ${process.pid}), still starting`);
  const up = {
    pid: process.pid,
    temporal: 'a:1',
    namespace: 'default',
    gateway: 'http://b:2',
    webUi: null,
    tokenFile: 'token',
  };
  writeUpState(folder, up);
  expect(() => lockStateDirectory(folder)).toThrow('gateway http://b:2, Temporal a:1');
  expect(readUpState(folder)).toEqual(up);
  unlockStateDirectory(folder);
  expect(readUpState(folder)).toBeUndefined();
});

test('up.json of a dead process counts for nothing, and its lock is taken over', () => {
  const { pid } = spawnSync('true');
  writeFileSync(join(folder, 'up.lock'), JSON.stringify({ pid, started: '1' }));
  writeUpState(folder, {
    pid,
    temporal: 'a:1',
    namespace: 'default',
    gateway: 'http://b:2',
    webUi: null,
    tokenFile: 'token',
  });
  expect(readUpState(folder)).toBeUndefined();
  lockStateDirectory(folder);
  unlockStateDirectory(folder);
});

test('a pid that another process has by now does not hold a lock', () => {
  const file = join(folder, 'lock');
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: 'another time' }));
  expect(claim(file, me)).toBe(true);
  expect(claim(file, { ...me })).toBe(false);
});

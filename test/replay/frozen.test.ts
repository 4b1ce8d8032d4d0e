/** Histories of a release are as they were on its day, or the gate says what is not. */
import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HISTORIES, writeHistories } from '../support/recorded';

const gate = join(__dirname, '../../scripts/frozen.mjs');
let folder = '';

/** Exit code and what it says. */
function run(...args: string[]): { status: number | null; said: string } {
  const { status, stderr } = spawnSync(process.execPath, [gate, ...args], { encoding: 'utf8' });
  return { status, said: stderr };
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-frozen-'));
  mkdirSync(join(folder, 'next'));
  for (const name of ['a.json', 'b.json']) writeFileSync(join(folder, 'next', name), `{"name": "${name}"}\n`);
  expect(run('--freeze', '0.2.0', folder)).toEqual({ status: 0, said: '' });
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

test('the histories of this repository are in order', () => {
  expect(run()).toEqual({ status: 0, said: '' });
});

test('a release is a copy of next, which goes on by itself', () => {
  expect(readFileSync(join(folder, '0.2.0/a.json'), 'utf8')).toBe('{"name": "a.json"}\n');
  writeFileSync(join(folder, 'next/a.json'), '{}');
  expect(run(folder)).toEqual({ status: 0, said: '' });
  expect(run('--freeze', '0.3.0', folder)).toEqual({ status: 0, said: '' });
});

const at = (...path: string[]) => join(folder, ...path);
test.each<[string, () => void, string]>([
  ['an edited history', () => appendFileSync(at('0.2.0/a.json'), ' '), '0.2.0/a.json was edited'],
  ['a missing history', () => rmSync(at('0.2.0/b.json')), '0.2.0/b.json is missing'],
  ['an extra history', () => writeFileSync(at('0.2.0/c.json'), '{}'), '0.2.0/c.json was not released'],
  [
    'an empty folder',
    () => ['a.json', 'b.json', 'SHA256SUMS'].forEach((name) => rmSync(at('0.2.0', name))),
    '0.2.0 has no SHA256SUMS',
  ],
  ['a missing folder', () => rmSync(at('0.2.0'), { recursive: true }), '0.2.0 has no SHA256SUMS'],
  ['edited checksums', () => appendFileSync(at('0.2.0/SHA256SUMS'), '\n'), '0.2.0/SHA256SUMS is not as released'],
  [
    'a folder that is not a release',
    () => cpSync(at('next'), at('0.9.0'), { recursive: true }),
    '0.9.0 is neither next nor a release',
  ],
  ['nothing in next', () => ['a.json', 'b.json'].forEach((name) => rmSync(at('next', name))), 'next has no history'],
])('%s fails the gate', (_, spoil, said) => {
  spoil();
  expect(run(folder)).toMatchObject({ status: 1, said: expect.stringContaining(said) as string });
});

test.each([
  ['0.2.0', 'frozen already'],
  ['next', 'not a version'],
])('%s cannot be frozen', (version, said) => {
  expect(run('--freeze', version, folder)).toMatchObject({ status: 1, said: expect.stringContaining(said) as string });
});

test('recording writes the folder of the next version, and refuses one of a release', () => {
  expect(HISTORIES.endsWith(join('histories', 'next'))).toBe(true);
  const history = { workflowId: 'w', runId: 'r', history: { events: [] } };
  expect(() => writeHistories(at('0.2.0'), 'c', [history])).toThrow('is released');
  expect(run(folder)).toEqual({ status: 0, said: '' });
});

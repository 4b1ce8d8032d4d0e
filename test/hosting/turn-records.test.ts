/** The records that a host keeps of the turns that it took. */
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TurnRecord } from '../../src/contract/run/turn-record';
import { TurnRecords } from '../../src/hosting/turn-records';
import { fill, mayMount, smallDisk } from '../support/small-disk';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-turns-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const T0 = Date.parse('2026-03-01T12:00:00.000Z');

function record(number: number, more: Partial<TurnRecord> = {}): Omit<TurnRecord, 'id'> {
  return {
    ...{ fleet: 'mars', run: 'r', branch: '0', turnId: `t${String(number)}`, agent: 'A', attempt: 1, host: 'h' },
    startedAt: new Date(T0 + number).toISOString(),
    durationMs: 5,
    input: { kind: 'task', value: number },
    reply: { action: 'final', response: number },
    ...more,
  };
}

const idsOf = (turns: readonly TurnRecord[]) => turns.map(({ turnId }) => turnId);
const files = () => readdirSync(join(folder, 'turns'));

test('a record comes back whole, by its run, oldest first, also in another process', async () => {
  const store = new TurnRecords(folder);
  for (const number of [2, 1]) await store.keep(record(number));
  await store.keep(record(3, { run: 'other' }));
  const { turns, next, problem } = await new TurnRecords(folder).page({ fleet: 'mars', run: 'r' });
  expect(turns).toMatchObject([record(1), record(2)]);
  expect([next, problem]).toEqual([null, null]);
  expect((await store.page({ fleet: 'venus', run: 'r' })).turns).toEqual([]);
  for (const name of files()) expect(statSync(join(folder, 'turns', name)).mode & 0o777).toBe(0o600);
});

test('the oldest are removed beyond the number, and beyond the bytes', async () => {
  const few = new TurnRecords(folder, { count: 3, bytes: 1e9 });
  for (let number = 1; number <= 5; number += 1) await few.keep(record(number));
  expect(idsOf((await few.page({ fleet: 'mars', run: 'r' })).turns)).toEqual(['t3', 't4', 't5']);
  const small = new TurnRecords(folder, { count: 100, bytes: 10_000 });
  for (let number = 6; number <= 9; number += 1) await small.keep(record(number, { input: 'x'.repeat(4_000) }));
  expect(idsOf((await small.page({ fleet: 'mars', run: 'r' })).turns)).toEqual(['t8', 't9']);
  // One that is larger than all is kept alone.
  await small.keep(record(10, { input: 'x'.repeat(20_000) }));
  expect(idsOf((await small.page({ fleet: 'mars', run: 'r' })).turns)).toEqual(['t10']);
});

test('many turns come in pages, each once', async () => {
  const store = new TurnRecords(folder);
  for (let number = 0; number < 40; number += 1) await store.keep(record(number, { input: 'x'.repeat(60_000) }));
  const seen: TurnRecord[] = [];
  let pages = 0;
  for (let after: string | undefined; ;) {
    const page = await store.page({ fleet: 'mars', run: 'r', ...(after === undefined ? {} : { after }) });
    expect(JSON.stringify(page).length).toBeLessThan(1_200_000);
    seen.push(...page.turns);
    pages += 1;
    if (page.next === null) break;
    after = page.next;
  }
  expect(pages).toBeGreaterThan(1);
  expect(idsOf(seen)).toEqual(Array.from({ length: 40 }, (_, number) => `t${String(number)}`));
  expect(new Set(seen.map(({ id }) => id)).size).toBe(40);
});

test('a damaged file is left out, and a draft is not seen', async () => {
  const store = new TurnRecords(folder);
  await store.keep(record(1));
  const [name = ''] = files();
  writeFileSync(join(folder, 'turns', name.replace(/^\d{15}/, '000000000000001')), '{"fleet":');
  writeFileSync(join(folder, 'turns', `.${name}`), '');
  expect(idsOf((await store.page({ fleet: 'mars', run: 'r' })).turns)).toEqual(['t1']);
});

test('writers at the same time keep every record and no draft', async () => {
  const [one, other] = [new TurnRecords(folder), new TurnRecords(folder)];
  const numbers = Array.from({ length: 60 }, (_, number) => number);
  await Promise.all(numbers.map((number) => (number % 2 === 0 ? one : other).keep(record(number))));
  expect((await new TurnRecords(folder).page({ fleet: 'mars', run: 'r' })).turns).toHaveLength(60);
  expect(files().filter((name) => name.startsWith('.'))).toEqual([]);
});

test('a folder that cannot be written is said by its path, until it can be', async () => {
  writeFileSync(join(folder, 'turns'), 'a file in its place');
  const store = new TurnRecords(folder);
  await expect(store.keep(record(1))).rejects.toThrow(join(folder, 'turns'));
  rmSync(join(folder, 'turns'));
  expect((await store.page({ fleet: 'mars', run: 'r' })).problem).toContain('cannot be written');
  await store.keep(record(1));
  expect((await store.page({ fleet: 'mars', run: 'r' })).problem).toBeNull();
});

(mayMount() ? test : test.skip)('a full disk is said, and over when there is room again', async () => {
  const disk = smallDisk(1);
  if (disk === null) throw new Error('no small disk');
  try {
    const store = new TurnRecords(disk.path);
    await store.keep(record(1));
    fill(disk.path);
    await expect(store.keep(record(2, { input: 'x'.repeat(50_000) }))).rejects.toThrow(/the disk is full \(ENOSPC\)/);
    const full = await store.page({ fleet: 'mars', run: 'r' });
    expect([idsOf(full.turns), full.problem]).toEqual([['t1'], expect.stringContaining('disk is full')]);
    rmSync(join(disk.path, 'filler'));
    await store.keep(record(3));
    expect((await store.page({ fleet: 'mars', run: 'r' })).problem).toBeNull();
  } finally {
    disk.remove();
  }
});

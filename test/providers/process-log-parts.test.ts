/** The log of a process agent in parts: whole lines, from a position, a time or the end, and while it grows. */
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOG_PART_BYTES, type LogPartRequest } from '../../src/contract/agent/log';
import { logPart } from '../../src/providers/process/log-parts';
import { noteSize, readTimes, timesOf } from '../../src/providers/process/log-times';
import { PATIENCE_MS } from '../support/patience';

const folder = mkdtempSync(join(tmpdir(), 'drover-log-'));
const log = join(folder, 'output.log');
beforeEach(() => {
  rmSync(timesOf(log), { force: true });
  rmSync(log, { force: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const never = new AbortController().signal;
const part = (request: LogPartRequest = {}) => logPart(log, request, never);
const texts = async (request: LogPartRequest = {}) => (await part(request)).lines.map(({ line }) => line);

test.each<[string, string, LogPartRequest, string[]]>([
  ['nothing', '', {}, []],
  ['lines', 'one\ntwo\n', {}, ['one', 'two']],
  ['a last line without an end', 'one\ntw', {}, ['one', 'tw']],
  ['empty lines', '\n\none\n', {}, ['', '', 'one']],
  ['lines of Windows', 'one\r\ntwo\r\n', {}, ['one', 'two']],
  ['characters of several bytes', 'ü\n€\n', {}, ['ü', '€']],
  ['the last lines', 'one\ntwo\nthree\n', { tail: 2 }, ['two', 'three']],
  ['more of the last lines than there are', 'one\n', { tail: 9 }, ['one']],
  ['no line', 'one\n', { tail: 0 }, []],
  ['what follows a position', 'one\ntwo\n', { after: '4' }, ['two']],
  ['the beginning of a log that was cut', 'one\n', { after: '400' }, ['one']],
  ['the beginning for a position that is not valid', 'one\n', { after: '-1' }, ['one']],
])('%s', async (_, text, request, lines) => {
  writeFileSync(log, text);
  expect(await texts(request)).toEqual(lines);
});

it('has nothing where no log is', async () => {
  expect(await part()).toEqual({ lines: [], next: '0', more: false });
});

it('a large log comes in parts of whole lines, each once', async () => {
  const lines = Array.from({ length: 9_000 }, (_, number) => `line ${String(number)} ${'x'.repeat(number % 40)}`);
  writeFileSync(log, `${lines.join('\n')}\n`);
  const found: string[] = [];
  let parts = 0;
  for (let request: LogPartRequest = {}; ;) {
    const { lines: some, next, more } = await part(request);
    expect(some.reduce((sum, { line }) => sum + line.length + 1, 0)).toBeLessThanOrEqual(LOG_PART_BYTES);
    found.push(...some.map(({ line }) => line));
    parts += 1;
    if (!more) break;
    request = { after: next };
  }
  expect(found).toEqual(lines);
  expect(parts).toBeGreaterThan(3);
});

it('the rest of a line that fills a part is left out: half a secret would not be found', async () => {
  writeFileSync(log, `${'x'.repeat(LOG_PART_BYTES - 3)}secret${'y'.repeat(LOG_PART_BYTES * 2)}\nnext\n`);
  const first = await part();
  expect(first).toMatchObject({ lines: [{ line: `${'x'.repeat(LOG_PART_BYTES - 3)}sec` }], more: true });
  expect(await texts({ after: first.next })).toEqual(['next']);
});

it('the last line of a log that grows is one line', async () => {
  writeFileSync(log, '0\n');
  let isOver = false;
  const writer = (async () => {
    for (let number = 1; !isOver; number += 1) await appendFile(log, `${String(number)}\n`);
  })();
  for (let look = 0; look < 200; look += 1)
    expect(await part({ tail: 1 })).toMatchObject({ lines: [{ line: expect.any(String) as string }], more: false });
  isOver = true;
  await writer;
});

it('a reader that follows gets a line when it is whole', async () => {
  writeFileSync(log, 'one\nhal');
  const first = await part({ waitMs: PATIENCE_MS });
  expect(first.lines.map(({ line }) => line)).toEqual(['one']);
  const second = part({ after: first.next, waitMs: PATIENCE_MS });
  appendFileSync(log, 'f\n');
  expect((await second).lines.map(({ line }) => line)).toEqual(['half']);
});

it('a wait ends when its reader goes', async () => {
  writeFileSync(log, '');
  const gone = new AbortController();
  const waiting = logPart(log, { waitMs: PATIENCE_MS }, gone.signal);
  gone.abort();
  expect(await waiting).toMatchObject({ lines: [] });
});

it('lines have the time by which they were there, and `since` begins at a whole line', async () => {
  writeFileSync(log, 'early\nhal');
  await noteSize(log);
  const [noted] = await readTimes(log);
  appendFileSync(log, 'f\nlate\n');
  expect((await part()).lines[0]).toEqual({ line: 'early', at: noted?.at });
  expect(await texts({ since: noted?.at ?? '' })).toEqual(['late']);
  expect(await texts({ since: '2000-01-01T00:00:00Z' })).toEqual(['early', 'half', 'late']);
  expect(await texts({ since: noted?.at ?? '', tail: 9 })).toEqual(['late']);
});

it('a size is noted when it has changed, and a log that was cut begins again', async () => {
  writeFileSync(log, 'a long line\n');
  await noteSize(log);
  await noteSize(log);
  expect(await readTimes(log)).toHaveLength(1);
  writeFileSync(log, 'short\n');
  await noteSize(log);
  expect(await readTimes(log)).toEqual([{ at: expect.any(String) as string, size: 6 }]);
  appendFileSync(timesOf(log), '2026-01-01T00:0');
  expect(await readTimes(log)).toHaveLength(1);
});

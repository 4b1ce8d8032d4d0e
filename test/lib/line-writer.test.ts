import { execFileSync, spawnSync } from 'node:child_process';
import {
  constants,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  rmdirSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { until } from '../../src/lib/until';
import { errorCode } from '../../src/lib/error-code';
import { LineWriter } from '../../src/lib/line-writer';
import { openLog } from '../../src/log';
import { useSecrets } from '../../src/providers/secrets-in-use';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'drover-lines-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const lossLine = (lines: number, why: string): string => `lost ${String(lines)}: ${why}\n`;
const textOf = (path: string): string => readFileSync(path, 'utf8');

test('lines come in order, to a file that only its owner can read', async () => {
  const path = join(folder, 'log');
  const writer = new LineWriter({ path }, { lossLine });
  const lines = Array.from({ length: 5_000 }, (_, index) => `line ${String(index)} of many\n`);
  for (const line of lines) writer.write(line);
  expect(await until(() => textOf(path) === lines.join('') || undefined, 20_000)).toBe(true);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test('a disk without room costs only lines, and is reported once', async () => {
  const losses: string[] = [];
  const writer = new LineWriter({ path: '/dev/full' }, { lossLine, onLoss: (why) => losses.push(why) });
  for (let count = 0; count < 50; count += 1) {
    writer.write('a line\n');
    await turn();
  }
  expect(await until(() => losses.length > 0 || undefined, 20_000)).toBe(true);
  writer.write('another\n');
  await turn();
  expect(losses).toEqual(['/dev/full cannot be written: the disk is full (ENOSPC)']);
});

test('a file that cannot be opened costs lines, and the log says how many once it can be', async () => {
  const path = join(folder, 'log');
  mkdirSync(path);
  const losses: string[] = [];
  const writer = new LineWriter({ path }, { lossLine, onLoss: (why) => losses.push(why) });
  writer.write('lost\n');
  writer.write('lost too\n');
  expect(await until(() => losses.length > 0 || undefined, 20_000)).toBe(true);
  await turn();
  rmdirSync(path);
  writer.write('kept\n');
  const why = `${path} cannot be written: it is a directory (EISDIR)`;
  expect(await until(() => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0 || undefined, 20_000)).toBe(true);
  expect(textOf(path)).toBe(`${lossLine(2, why)}kept\n`);
  expect(losses).toEqual([why]);
});

test('an unread pipe holds nothing up and fills no memory, and is written on when it is read', async () => {
  const path = join(folder, 'pipe');
  execFileSync('mkfifo', [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  const writer = new LineWriter({ fd }, { lossLine });
  const line = `${'x'.repeat(1_023)}\n`;
  for (let count = 0; count < 4_096; count += 1) writer.write(line);
  let read = '';
  const chunk = Buffer.alloc(65_536);
  const isSaid = await until(() => {
    try {
      read += chunk.toString('utf8', 0, readSync(fd, chunk));
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      writer.write('one more\n');
    }
    return /^lost \d+: it grows faster than it can be written$/m.test(read) || undefined;
  }, 30_000);
  expect(isSaid).toBe(true);
  expect(read.length).toBeLessThan(2 * 1_024 * 1_024);
});

describe('a process that ends at once', () => {
  /** Logs as worker and gateway do, by the compiled files, as a TypeScript file cannot be run by itself. */
  function logThenExit(target: string): { readonly status: number | null; readonly signal: string | null } {
    const code = `const { openLog } = require(process.argv[1]);
      const log = openLog('info', process.argv[2]);
      for (let n = 0; n < 100; n += 1) log.info('line ' + n);
      process.exit(3);`;
    const dist = join(__dirname, '../../dist/log.js');
    return spawnSync(process.execPath, ['-e', code, dist, target], { timeout: 30_000 });
  }

  test('has written its last lines', () => {
    const path = join(folder, 'log');
    expect(logThenExit(path)).toMatchObject({ status: 3, signal: null });
    expect(textOf(path)).toContain('line 99');
  });

  test('ends on a full disk too', () => {
    expect(logThenExit('/dev/full')).toMatchObject({ status: 3, signal: null });
  });
});

test('a log has no secret in it', async () => {
  const path = join(folder, 'log');
  useSecrets(['of "this" process']);
  const log = openLog('info', path);
  log.error({ error: new Error('bad key of "this" process') }, 'it says of "this" process');
  await until(() => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0 || undefined, 20_000);
  expect(textOf(path)).toContain('"msg":"it says ***"');
  expect(textOf(path)).not.toMatch(/of .{1,2}this/u);
});

test('a log is JSON lines, what was lost included', async () => {
  const path = join(folder, 'log');
  mkdirSync(path);
  const log = openLog('info', path);
  log.info('lost');
  await turn();
  await turn();
  rmdirSync(path);
  log.info('kept');
  await until(() => (statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 0 || undefined, 20_000);
  const lines = textOf(path)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; lines?: number });
  expect(lines).toMatchObject([{ msg: 'lines of this log were lost', lines: 1 }, { msg: 'kept' }]);
});

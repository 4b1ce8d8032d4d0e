/** The log of a process agent: read, followed and cut. */
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LOG_LIMIT_BYTES, cutLog } from '../../src/providers/process/logs';
import { stateDir, provider, startedAgent, output, printed } from './process-agents';

describe('logs', () => {
  test('an agent that prints without end fills no disk: its log is cut, its end is kept, and it writes on', async () => {
    const { call } = await startedAgent(
      'echo up; while :; do sleep 0.1; [ -e go ] && echo after && break; done; sleep 1000',
    );
    const log = provider.logPath(call);
    const filler = `${'x'.repeat(1_023)}\n`.repeat(1_024);
    for (let size = 0; size <= LOG_LIMIT_BYTES; size += filler.length) writeFileSync(log, filler, { flag: 'a' });
    writeFileSync(log, 'the last before\n', { flag: 'a' });
    await provider.maintain();
    const kept = statSync(`${log}.1`);
    expect({ size: kept.size, mode: kept.mode & 0o777 }).toEqual({ size: LOG_LIMIT_BYTES, mode: 0o600 });
    expect(readFileSync(`${log}.1`, 'utf8').endsWith('the last before\n')).toBe(true);
    expect(await output(call)).toBe('');
    writeFileSync(join(stateDir, 'go'), '');
    await printed(call, 'after');
    expect(statSync(log).size).toBe('after\n'.length);
    await provider.maintain();
    expect(await output(call)).toBe('after\n');
  });

  test('a log that is followed while it is cut goes on at its new beginning', async () => {
    const { call } = await startedAgent();
    const log = provider.logPath(call);
    const abort = new AbortController();
    let seen = '';
    for await (const piece of provider.logs(call, { follow: true, signal: abort.signal })) {
      seen += Buffer.from(piece).toString('utf8');
      if (seen === 'up\n') {
        await cutLog(log, 2);
        writeFileSync(log, 'n\n', { flag: 'a' });
      }
      if (seen.endsWith('n\n')) abort.abort();
    }
    expect(seen).toBe('up\nn\n');
  });

  test('tail and follow', async () => {
    const { call } = await startedAgent('for n in 1 2 3 4 5; do echo line $n; done; echo up; sleep 1000');
    await printed(call, 'up');
    const abort = new AbortController();
    const seen: string[] = [];
    for await (const piece of provider.logs(call, { tail: 2, follow: true, signal: abort.signal })) {
      seen.push(Buffer.from(piece).toString('utf8'));
      writeFileSync(provider.logPath(call), 'added\n', { flag: 'a' });
      if (seen.join('').includes('added')) abort.abort();
    }
    expect(seen.join('')).toMatch(/^line 5\nup\n/);
  });

  test('the log is handed on byte by byte, with any content', async () => {
    const { call } = await startedAgent();
    const log = provider.logPath(call);
    const content = Buffer.concat([
      Buffer.from('x'),
      Buffer.from('\u65e5\u672c\u8a9e\n'.repeat(20_000)),
      Buffer.alloc(100_000, 0xff),
      Buffer.from('\nlast but one\nlast'),
    ]);
    writeFileSync(log, content);
    const all = async (tail?: number): Promise<Buffer> => {
      const pieces: Uint8Array[] = [];
      for await (const piece of provider.logs(call, tail === undefined ? {} : { tail })) pieces.push(piece);
      return Buffer.concat(pieces);
    };
    expect((await all()).equals(content)).toBe(true);
    expect((await all(2)).toString()).toBe('last but one\nlast');
    expect((await all(3)).equals(content.subarray(content.indexOf(0xff)))).toBe(true);
    expect((await all(100_000)).equals(content)).toBe(true);
    expect((await all(0)).toString()).toBe('');
  });
});

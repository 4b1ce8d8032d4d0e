/** `drover up FILE --task T --destroy`: what `npm start` does, without a terminal. */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../../src/lib/until';
import { drover, marsFile, processesOf, startOnTerminal, startUp, temporaryFolder } from './drover';
import { TASK, interrupted } from './interrupted';
import { PATIENCE_MS } from '../../support/patience';

const folder = temporaryFolder();
afterAll(folder.remove);

/** The pids in the table that `up` prints. */
function tableRows(stdout: string): string[][] {
  return stdout
    .split('\n')
    .filter((line) => line.includes('/') && /\b\d+\b/.test(line))
    .map((line) => line.trim().split(/ +/));
}

function expectNothingLeft(): void {
  expect(processesOf(folder.path)).toEqual([]);
}

it('spells the word of any letters that the file holds, and leaves nothing behind', async () => {
  const letters = Array.from({ length: 4 }, () => String.fromCharCode(65 + randomInt(26)));
  const file = marsFile(folder.path, 'word', (text) =>
    ['M', 'A', 'R', 'S']
      .reduce(
        (changed, letter, index) => changed.replace(`LETTERS: ${letter}}`, `LETTERS: ${letters[index] ?? ''}.}`),
        text,
      )
      .replaceAll('.}', '}'),
  );
  for (const letter of letters) expect(readFileSync(file, 'utf8')).toContain(`LETTERS: ${letter}`);
  const { code, stdout, stderr } = await drover(['up', file, ...TASK], folder.path);
  expect({ code, stderr: code === 0 ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n')[0]).toBe(letters.join(''));
  const rows = tableRows(stdout);
  expect(rows.map(([name]) => name)).toEqual(
    ['Orchestrator', 'AgentA', 'AgentB', 'AgentC', 'AgentD'].map((name) => `word/${name}`),
  );
  for (const [, status, runtime, liveness] of rows)
    expect([status, runtime, liveness]).toEqual(['running', 'running', 'ready']);
  for (const words of ['Web UI http://', 'gateway   http://', 'npx drover ']) expect(stderr).toContain(words);
  expectNothingLeft();
});

it('ends with 1 without an answer', async () => {
  const file = marsFile(folder.path, 'mute', (text) => text.replace('max_steps(30)', 'max_steps(1)'));
  const { code, stdout } = await drover(['up', file, ...TASK], folder.path);
  expect(code).toBe(1);
  expect(stdout).toMatch(/^no answer: .*max_steps\(1\) reached/);
  expectNothingLeft();
});

it('interrupted while agents start it takes everything back', async () => {
  await interrupted(folder.path, /word\/\w+: (?:creating|waking|ready)/);
  expectNothingLeft();
});

it('a second interruption ends it at once, and Temporal with it', async () => {
  const own = temporaryFolder();
  const running = await startUp(own.path, [marsFile(own.path, 'word')]);
  const { pid: temporal } = JSON.parse(readFileSync(join(own.path, '.drover/temporal.pid'), 'utf8')) as { pid: number };
  running.process.kill('SIGINT');
  // Another one: two of the same that wait are one.
  running.process.kill('SIGTERM');
  expect(await running.ended).toMatchObject({ code: 130 });
  await until(() => !processesOf(own.path).includes(temporal) || undefined, PATIENCE_MS);
  expect(processesOf(own.path)).not.toContain(temporal);
  await own.remove();
});

it('stays on a terminal, shows every agent on its way, and Ctrl-C takes everything back', async () => {
  const file = marsFile(folder.path, 'word');
  const terminal = startOnTerminal(['up', file, ...TASK], folder.path);
  await until(
    () => terminal.output.stdout.includes('Ctrl-C destroys the fleet word and stops.') || undefined,
    PATIENCE_MS,
  );
  const seen = terminal.output.stdout;
  for (const name of ['Orchestrator', 'AgentA', 'AgentB', 'AgentC', 'AgentD']) {
    expect(seen).toMatch(new RegExp(`word/${name} +(?:creating|waking) +\\d`));
    expect(seen).toMatch(new RegExp(`word/${name} +ready +\\d`));
  }
  expect(seen).toMatch(/^MARS\r$/m);
  for (const words of ['Web UI http://', 'gateway   http://', 'Try next']) expect(seen).toContain(words);
  const next = [...(seen.split('Try next')[1] ?? '').matchAll(/^ +npx drover (\w+)/gm)].map(([, verb]) => verb);
  expect(next).toEqual(['get', 'run', 'pause', 'describe']);
  terminal.press('\u0003');
  expect((await terminal.ended).stdout).toContain('fleet word is destroyed');
  expectNothingLeft();
});

it('takes everything back when its terminal is closed', async () => {
  const file = marsFile(folder.path, 'word');
  const terminal = startOnTerminal(['up', file, ...TASK], folder.path);
  await until(() => terminal.output.stdout.includes('Ctrl-C destroys') || undefined, PATIENCE_MS);
  terminal.process.kill('SIGKILL');
  await until(() => processesOf(folder.path).length === 0 || undefined, PATIENCE_MS);
  expectNothingLeft();
});

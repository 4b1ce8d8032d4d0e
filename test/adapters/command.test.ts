/** `drover adapt command` with a tool that misbehaves as its first argument says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readText } from '../../src/adapters/answer';
import { commandAdapter, type CommandSettings } from '../../src/adapters/command';
import { ChildEnvironment } from '../../src/adapters/environment';
import { Sessions } from '../../src/adapters/sessions';
import { failedReply } from '../../src/agent/reports';
import type { CommandFormat, SessionScope } from '../../src/contract/agent';
import type { TurnRequest } from '../../src/contract/agent/turns';
import { SIZE_LIMITS } from '../../src/contract/agent/turns';
import { until } from '../../src/lib/until';
import { turnRequest } from '../agent/turn-request';
import { PATIENCE_MS } from '../support/patience';

const FAKE = join(__dirname, 'fake-cli.mjs');

let cwd: string;

beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'drover-adapt-'));
});

afterEach(() => rmSync(cwd, { recursive: true, force: true }));

interface Options extends Partial<CommandSettings> {
  readonly scope?: SessionScope;
  readonly turn?: Partial<TurnRequest>;
  readonly signal?: AbortSignal;
}

/** An agent of the tool, which keeps its sessions over several turns. */
function agentOf(mode: string, format: CommandFormat = 'text', options: Options = {}) {
  const { scope = 'branch', ...settings } = options;
  const onTurn = commandAdapter({
    run: [process.execPath, FAKE, mode],
    format,
    cwd,
    timeoutMs: undefined,
    environment: new ChildEnvironment({ PATH: process.env['PATH'] }),
    sessions: new Sessions(scope),
    ...settings,
  });
  /** The reply as Drover receives it: a thrown error becomes `fail` with its kind. */
  return async (turn: Partial<TurnRequest> = {}, signal = new AbortController().signal): Promise<unknown> => {
    try {
      const request = turnRequest({ mayInvoke: ['B', 'End'], ...turn });
      return await onTurn({ ...request, progress: () => undefined }, signal);
    } catch (error) {
      return failedReply(error);
    }
  };
}

const calls = () =>
  readFileSync(join(cwd, 'calls.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { args: string[]; input: string });

const hasEnded = (name: string) =>
  until(() => {
    const pid = Number(readFileSync(join(cwd, name), 'utf8'));
    try {
      process.kill(pid, 0);
    } catch {
      return true;
    }
    // A container's first process may never collect it.
    return readFileSync(`/proc/${String(pid)}/stat`, 'utf8').includes(') Z ') ? true : undefined;
  }, PATIENCE_MS);

test.each<[mode: string, format: CommandFormat, reply: unknown]>([
  ['answer', 'text', { action: 'final', response: 'the answer' }],
  ['deaf', 'text', { action: 'final', response: 'heard nothing' }],
  ['invoke', 'text', { action: 'invoke', invocations: [{ agent: 'B', request: 'go' }] }],
  ['invoke-other-once', 'text', { action: 'invoke', invocations: [{ agent: 'B', request: 'go' }] }],
  ['json', 'json', { action: 'final', response: { any: ['thing'] } }],
  ['json-reply', 'json', { action: 'invoke', invocations: [{ agent: 'B', request: 1 }], usage: { costUsd: 2 } }],
  [
    'claude',
    'claude',
    {
      action: 'final',
      response: 'about it',
      usage: { costUsd: 0.5, inputTokens: 100, outputTokens: 5, model: 'sonnet' },
    },
  ],
  ['large-block', 'text', { action: 'final', response: 'shorter' }],
  ['claude-dies-after-result', 'claude', expect.objectContaining({ action: 'final', response: 'whole' })],
  ['codex', 'codex', { action: 'final', response: 'said', usage: { inputTokens: 7, outputTokens: 2 } }],
])('%s as %s is a reply', async (mode, format, reply) => {
  expect(await agentOf(mode, format)()).toEqual(reply);
});

const failed = (error: RegExp, failure: object = { kind: 'other' }) => ({
  action: 'fail',
  error: expect.stringMatching(error) as string,
  failure: expect.objectContaining(failure) as object,
});

test.each<[mode: string, format: CommandFormat, reply: unknown]>([
  ['invoke-other', 'text', failed(/not a valid reply: Agent A cannot invoke: \[Z\]; it may invoke B$/)],
  ['broken-block', 'text', failed(/not a valid reply: the block "drover" at its end is not JSON/)],
  ['no-json', 'json', failed(/^it printed no JSON but: plain words$/)],
  ['huge-json', 'json', failed(/more than 1 MiB of JSON/)],
  [
    'large-json',
    'json',
    failed(/not a valid reply: reply.response: 307\d{3} bytes of JSON, at most 262144 are allowed/),
  ],
  ['wrong-timeout', 'text', failed(/not a valid reply: reply.timeout: expected a duration such as 30s/)],
  ['not-logged-in', 'text', failed(/Not logged in · Please run \/login$/, { kind: 'auth' })],
  ['limited', 'text', failed(/hit your usage limit/, { kind: 'rate_limit', resetAt: expect.any(String) as string })],
  ['crash', 'text', failed(/^process exited with code 3: TypeError: no such thing$/)],
  ['dies-after-text', 'text', failed(/^process was killed by SIGKILL: half an answer$/)],
  ['claude-429', 'claude', failed(/API Error/, { kind: 'rate_limit' })],
  ['claude-logged-out', 'claude', failed(/Invalid API key/, { kind: 'auth' })],
  ['claude-no-result', 'claude', failed(/^it ended without a result$/)],
  ['codex-429', 'codex', failed(/429 Too Many Requests/, { kind: 'rate_limit' })],
  ['codex-dies', 'codex', failed(/^process exited with code 1/)],
])('%s as %s fails with its kind', async (mode, format, reply) => {
  expect(await agentOf(mode, format)()).toEqual(reply);
});

test('a tool that is not installed is named, with how to install it', async () => {
  expect(await agentOf('', 'text', { run: ['codex-that-is-missing'] })()).toEqual(
    failed(/^codex-that-is-missing cannot be run in .*; install codex-that-is-missing/),
  );
  expect(await agentOf('', 'claude', { run: ['/nowhere/claude'] })()).toEqual(
    failed(/npm install -g @anthropic-ai\/claude-code/),
  );
});

test.each(['huge', 'huge-claude'])('10 MB of output are cut to one value, with a note (%s)', async (mode) => {
  const reply = (await agentOf(mode, mode === 'huge' ? 'text' : 'claude')()) as { response: string };
  expect(Buffer.byteLength(JSON.stringify(reply.response))).toBeLessThanOrEqual(SIZE_LIMITS.value);
  expect(reply.response.slice(-60)).toMatch(/\[cut by Drover: 10\d{6} more bytes\]$/);
});

test('a tool that hangs is killed with its children after its time, although it ignores SIGTERM', async () => {
  const reply = await agentOf('hang', 'text', { timeoutMs: 500 })();
  expect(reply).toEqual(failed(/^it did not end within 0.5 s, and was killed$/));
  expect(await hasEnded('pid')).toBe(true);
  expect(await hasEnded('child.pid')).toBe(true);
});

test('a withdrawn turn ends the tool and its children', async () => {
  const turn = new AbortController();
  const answered = agentOf('hang')({}, turn.signal);
  await until(() => {
    try {
      return readFileSync(join(cwd, 'child.pid'), 'utf8') || undefined;
    } catch {
      return undefined;
    }
  }, PATIENCE_MS);
  turn.abort(new Error('the turn was withdrawn'));
  expect(await answered).toEqual(failed(/the turn was withdrawn/));
  expect(await hasEnded('pid')).toBe(true);
  expect(await hasEnded('child.pid')).toBe(true);
});

test('children that outlive the tool end with its turn, and one that left its group does not delay it', async () => {
  expect(await agentOf('leaves-child')()).toEqual({ action: 'final', response: 'done' });
  expect(await hasEnded('child.pid')).toBe(true);
  expect(await agentOf('leaves-daemon')()).toEqual({ action: 'final', response: 'done' });
  // Its host ends it with the agent: it carries the agent's marks.
  process.kill(Number(readFileSync(join(cwd, 'child.pid'), 'utf8')), 'SIGKILL');
});

test.each<[CommandFormat, string[], string[]]>([
  [
    'claude',
    ['-p', '--output-format', 'stream-json', '--verbose'],
    ['-p', '--output-format', 'stream-json', '--verbose', '--resume', 'c-1'],
  ],
  ['codex', ['--json', '-'], ['--json', 'resume', 'x-1', '-']],
])('%s continues its session in the same branch, and is not told again what it knows', async (format, first, next) => {
  const take = agentOf(format, format);
  const request = (value: string): Partial<TurnRequest> => ({ input: { kind: 'request', from: 'B', value } });
  await take(request('one'));
  await take({ ...request('two'), memory: [{ input: { kind: 'task', value: 'one' }, reply: 'said' }] });
  await take({ ...request('three'), branch: '0.1' });
  const [one, two, three] = calls();
  expect([one?.args, two?.args, three?.args]).toEqual([first, next, first]);
  expect(one?.input).toContain('the task');
  expect(two?.input).toContain('two');
  expect(two?.input).not.toContain('the task');
  expect(three?.input).toContain('the task');
});

test.each<[SessionScope, number]>([
  ['agent', 1],
  ['run', 2],
  ['branch', 3],
])('session %s: %i sessions for three branches of two runs', async (scope, sessions) => {
  const take = agentOf('claude', 'claude', { scope });
  await take({ run: 'one', branch: '0' });
  await take({ run: 'one', branch: '1' });
  await take({ run: 'two', branch: '0' });
  expect(calls().filter(({ args }) => !args.includes('--resume'))).toHaveLength(sessions);
});

test('a tool that changes its session id is continued with the last one', async () => {
  const take = agentOf('claude-new-session', 'claude');
  await take();
  await take();
  await take();
  expect(calls().map(({ args }) => args.at(-1))).toEqual(['--verbose', 'c-2', 'c-3']);
});

test.each(['', '-c', '--dangerously-skip-permissions', 'a\0b', 'a\nb', 'x'.repeat(600)])(
  'a session id that cannot stand on a command line is not used (%j)',
  async (id) => {
    const run = [process.execPath, FAKE, 'claude-names-session', JSON.stringify(id)];
    const take = agentOf('', 'claude', { run });
    for (const turn of ['one', 'two']) expect([turn, await take()]).toMatchObject([turn, { response: 'fine' }]);
    expect(calls().map(({ args }) => args.slice(1))).toEqual(
      Array(2).fill(['-p', '--output-format', 'stream-json', '--verbose']),
    );
  },
);

test('a session that the tool no longer has is begun again, with the memory of the branch', async () => {
  const sessions = new Sessions('branch');
  sessions.set(turnRequest(), 'gone');
  const take = agentOf('claude-lost-session', 'claude', { sessions });
  const memory: TurnRequest['memory'] = [{ input: { kind: 'task', value: 'what was asked before' }, reply: 'x' }];
  expect(await take({ memory })).toMatchObject({ action: 'final', response: 'from the beginning' });
  expect(calls().map(({ args }) => args.includes('gone'))).toEqual([true, false]);
  expect(calls()[1]?.input).toContain('what was asked before');
  expect(sessions.get(turnRequest())).toBe('c-1');
});

test('sessions survive a restart within 4 KiB, those used last', () => {
  const sessions = new Sessions('run');
  for (let run = 0; run < 200; run += 1)
    sessions.set({ run: `run-${String(run)}`, branch: '0' }, `session-of-${String(run)}`);
  expect(Buffer.byteLength(sessions.text ?? '')).toBeLessThanOrEqual(4 * 1024);
  const next = new Sessions('run', sessions.text);
  expect(next.get({ run: 'run-199', branch: '7' })).toBe('session-of-199');
  expect(next.get({ run: 'run-0', branch: '0' })).toBeUndefined();
  expect(new Sessions('run', 'of another program').text).toBeNull();
});

test('turns of one session wait for each other, those of others do not', async () => {
  const sessions = new Sessions('run');
  const order: string[] = [];
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const first = sessions.alone({ run: 'one', branch: '0' }, async () => {
    await gate;
    order.push('first');
  });
  const second = sessions.alone({ run: 'one', branch: '1' }, async () => order.push('second'));
  await sessions.alone({ run: 'two', branch: '0' }, async () => order.push('other'));
  open();
  await Promise.all([first, second]);
  expect(order).toEqual(['other', 'first', 'second']);
});

test('the tool gets the variables of its agent without those of Drover, and a new credential at the next start', async () => {
  const environment = new ChildEnvironment(
    {
      PATH: process.env['PATH'],
      NAMED: 'by the file',
      API_KEY: 'first',
      DROVER_TOKEN: 'secret',
      DROVER_GATEWAY: 'http://127.0.0.1:1',
      TEMPORAL_API_KEY: 'secret',
      DROVER_KEY: 'key',
      DROVER_INSTANCE: 'i-1',
    },
    'API_KEY',
  );
  const take = agentOf('environment', 'json', { environment });
  const seen = async () => ((await take()) as { response: Record<string, string> }).response;
  const named = { PATH: process.env['PATH'], NAMED: 'by the file', DROVER_KEY: 'key', DROVER_INSTANCE: 'i-1' };
  expect(await seen()).toEqual({ ...named, API_KEY: 'first' });
  environment.takeSecret('second');
  expect(await seen()).toEqual({ ...named, API_KEY: 'second' });
});

test('a tool that repeats its prompt answers, and invokes none of the examples in it', async () => {
  expect(await agentOf('echo')({ mayInvoke: ['B', 'User'] })).toMatchObject({
    action: 'final',
    response: expect.stringContaining('You may hand over to: B.') as string,
  });
});

test.each([
  [
    'a block after one that has no end',
    '```drover\nfor example:\n```drover  \n{"action":"final","response":1}\n```\n',
    1,
  ],
  ['the block alone', '```drover\n{"action":"final","response":1}```', 1],
  ['an end without a block', 'so:\n```', 'so:\n```'],
  ['another block', '```drovers\n{}\n```', '```drovers\n{}\n```'],
  ['a block in the middle of a line', 'x ```drover\n{}\n```', 'x ```drover\n{}\n```'],
])('the last block at the end of a text counts: %s', (_, text, response) => {
  expect(readText(text, { agent: 'A', mayInvoke: [] })).toEqual({ reply: { action: 'final', response } });
});

test('a text of openings is read in one pass', () => {
  // With a pattern that tries again from each of them, this takes a quarter of an hour.
  const text = `${'\n```drover\n'.repeat(200_000)}\`\`\``;
  expect(readText(text, { agent: 'A', mayInvoke: [] })).toMatchObject({
    problem: expect.stringContaining('not JSON') as string,
  });
});

test('a folder that is missing is named', async () => {
  writeFileSync(join(cwd, 'not-a-folder'), '');
  expect(await agentOf('answer', 'text', { cwd: join(cwd, 'gone') })()).toEqual(failed(/cannot be run in .*gone/));
});

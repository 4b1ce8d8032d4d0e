/** `drover adapt acp`, the real process, with an agent of the tests that misbehaves as a request says. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SIZE_LIMITS, type TurnRequest } from '../../src/contract/agent/turns';
import { until } from '../../src/lib/until';
import { FakeGateway } from '../agent/gateway';
import { isGone } from '../cli/commands/drover';
import { PATIENCE_MS } from '../support/patience';
import { Adapted, type AdaptedOptions } from './adapted';

let gateway: FakeGateway;
let folder: string;
let running: Adapted[] = [];

beforeEach(async () => {
  gateway = await new FakeGateway().listen();
  folder = mkdtempSync(join(tmpdir(), 'drover-acp-'));
  running = [];
});

afterEach(async () => {
  for (const each of running) await each.kill('SIGTERM');
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function adapted(given: Partial<AdaptedOptions> = {}): Promise<Adapted> {
  const started = await Adapted.start(gateway, { folder, ...given });
  running.push(started);
  return started;
}

const failed = (error: RegExp, failure: object = { kind: 'other' }) =>
  expect.objectContaining({
    action: 'fail',
    error: expect.stringMatching(error) as string,
    failure: expect.objectContaining(failure) as object,
  }) as object;
const replied = (reply: object) => expect.objectContaining(reply) as object;

test('what an agent does becomes a reply, and what it does wrong a failure with its kind', async () => {
  const agent = await adapted();
  const asked: [deed: string, reply: object, change?: Partial<TurnRequest>][] = [
    ['answer', replied({ action: 'final', response: 'the answer' })],
    ['two-messages', replied({ action: 'final', response: 'It is fine.' })],
    ['tool final {"response":{"any":["json"]}}', replied({ action: 'final', response: { any: ['json'] } })],
    [
      'tool invoke {"invocations":[{"agent":"B","request":"x"}]}',
      replied({ action: 'invoke', invocations: [{ agent: 'B', request: 'x' }] }),
    ],
    ['tool ask {"question":"red?"}', replied({ action: 'ask', question: 'red?' })],
    ['tool fail {"error":"cannot"}', replied({ action: 'fail', error: 'cannot' })],
    ['twice', replied({ action: 'final', response: 'first' })],
    ['wrong-then-right', replied({ action: 'invoke', invocations: [{ agent: 'B', request: 1 }] })],
    ['wrong-token', replied({ action: 'final', response: 'refused with 401' })],
    ['usage', replied({ usage: { costUsd: 0.25, inputTokens: 7, outputTokens: 5 } })],
    ['stop refusal', failed(/^refusal: the model refused/)],
    ['stop max_tokens', failed(/^max_tokens: /)],
    ['stop max_turn_requests', failed(/^max_turn_requests: /)],
    ['error 429 slow down', failed(/slow down/, { kind: 'rate_limit' })],
    ['error 401 who are you', failed(/who are you/, { kind: 'auth' })],
    ['error 500 oh no', failed(/Internal error: oh no/)],
    ['auth', failed(/^not logged in: /, { kind: 'auth' })],
  ];
  for (const [deed, reply, change] of asked) expect([deed, await agent.ask(deed, change)]).toEqual([deed, reply]);
  const results = agent.log('tool').map(({ result }) => result as { text: string; isError: boolean });
  expect(results.map(({ isError }) => isError)).toEqual([false, false, false, false, false, true, true, false]);
  expect(results[5]?.text).toBe('You have ended your part with final already; only that counts. Stop now.');
  expect(results[6]?.text).toBe(
    'Agent A cannot invoke: [Z]; it may invoke B. Nothing was passed on: call a tool again.',
  );
  const huge = (await agent.ask('huge')) as { response: string };
  expect(Buffer.byteLength(JSON.stringify(huge.response))).toBeLessThanOrEqual(SIZE_LIMITS.value);
  expect(huge.response).toMatch(/more bytes\]$/);
  await agent.ask('late');
  const late = (await agent.logged('tool', 9)).at(-1);
  expect(late?.['result']).toMatchObject({
    isError: true,
    text: expect.stringMatching(/^No turn is in progress/) as string,
  });
  expect(agent.log('start')).toHaveLength(1);
});

test('a branch continues its session, and its agent gets no variable of Drover but the marks', async () => {
  const agent = await adapted();
  const branch = { branch: 'same' };
  await agent.ask('answer', branch);
  await agent.ask('answer', branch);
  await agent.ask('answer');
  const prompts = agent.log('prompt') as unknown as { sessionId: string; text: string }[];
  expect(prompts.map(({ sessionId }) => sessionId)).toEqual(['s-1-', 's-1-', 's-2-']);
  expect(prompts.map(({ text }) => text.includes('the task'))).toEqual([true, false, true]);
  // Claude Code asks for no permission to give its reply.
  expect(agent.log('new').map(({ meta }) => meta)).toEqual(
    Array(2).fill({ claudeCode: { options: { allowedTools: ['mcp__drover'] } } }),
  );
  const [start] = agent.log('start');
  const names = start?.['env'] as string[];
  expect(names.filter((name) => name.startsWith('DROVER_')).sort()).toEqual(['DROVER_INSTANCE', 'DROVER_KEY']);
});

test('files and terminals reach nothing outside of the folder', async () => {
  const agent = await adapted();
  const outside = mkdtempSync(join(tmpdir(), 'drover-outside-'));
  mkdirSync(join(folder, 'sub'));
  symlinkSync(outside, join(folder, 'link'));
  symlinkSync(join(outside, 'new.txt'), join(folder, 'dangling'));
  const refused = expect.stringMatching(/^refused: .*; refused: /) as string;
  const places: [string, unknown][] = [
    [join(folder, 'sub/made/a.txt'), 'ok; two'],
    [join(outside, 'a.txt'), refused],
    [join(folder, 'link/a.txt'), refused],
    [join(folder, 'dangling'), refused],
    [`${folder}/sub/../../a.txt`, refused],
    [`${folder}-neighbour/a.txt`, refused],
    ['/proc/self/environ', refused],
    ['relative.txt', refused],
  ];
  for (const [path, response] of places)
    expect([path, await agent.ask(`files ${path}`)]).toEqual([path, replied({ action: 'final', response })]);
  expect(existsSync(join(outside, 'a.txt'))).toBe(false);
  expect(existsSync(join(outside, 'new.txt'))).toBe(false);
  expect(readFileSync(join(folder, 'sub/made/a.txt'), 'utf8')).toBe('one\ntwo\nthree');
  expect(await agent.ask(`terminal ${join(folder, 'sub')}`)).toMatchObject({ response: `4: ${join(folder, 'sub')}` });
  expect(await agent.ask(`terminal ${outside}`)).toEqual(failed(/is outside of/));
  rmSync(outside, { recursive: true });
});

test('a question for permission goes to the human; the answer goes to the same prompt', async () => {
  const agent = await adapted({ options: ['--permission-timeout', '1h'] });
  const place = { branch: 'p' };
  const question = 'A asks for permission: run npm test {"command":"npm test"}. Answer allow, always or deny.';
  expect(await agent.ask('permission', place)).toMatchObject({
    action: 'ask',
    question,
    timeout: '1h',
    default: 'deny',
  });
  const answer = (value: unknown, asked = question): Partial<TurnRequest> => ({
    ...place,
    input: { kind: 'answer', question: asked, value },
  });
  expect(await agent.ask('', answer('allow'))).toMatchObject({ action: 'final', response: 'was told yes' });
  await agent.ask('permission', place);
  expect(await agent.ask('', answer('deny'))).toMatchObject({ response: 'was told no' });
  expect(agent.log('prompt')).toHaveLength(2);
  const twice = (await agent.ask('permission-twice', place)) as { question: string };
  const next = (await agent.ask('', answer('always', twice.question))) as { question: string };
  expect([twice.question, next.question]).toEqual([
    'A asks for permission: first 1. Answer allow, always or deny.',
    'A asks for permission: second 2. Answer allow, always or deny.',
  ]);
  expect(await agent.ask('', answer('perhaps', next.question))).toMatchObject({ response: 'ever and no' });
  expect(await agent.ask('permission', { mayInvoke: ['B'] })).toMatchObject({ response: 'was told no' });
  expect(agent.output).toContain('denied, because the topology has no edge A -> User');
});

test.each([
  ['allow', 'yes'],
  ['deny', 'no'],
])('permissions: %s answers at once', async (permissions, told) => {
  const agent = await adapted({ options: ['--permissions', permissions] });
  expect(await agent.ask('permission')).toMatchObject({ action: 'final', response: `was told ${told}` });
});

test.each([
  ['ask', ['default', 'default'], 'no'],
  ['deny', ['default', 'default'], 'no'],
  ['allow', [], 'nothing'],
])('permissions: %s of an agent that begins without questions', async (permissions, modes, told) => {
  const agent = await adapted({ mode: 'auto', options: ['--permissions', permissions] });
  // Without an edge to the human a question is answered with no.
  const place = { branch: 'm', mayInvoke: ['B'] };
  expect(await agent.ask('permission', place)).toMatchObject({ response: `was told ${told}` });
  // Opened again, the session begins as before.
  await agent.ask('exit', place);
  expect(await agent.ask('permission', place)).toMatchObject({ response: `was told ${told}` });
  expect(agent.log('mode').map(({ modeId }) => modeId)).toEqual(modes);
});

test('a withdrawn turn is cancelled, and the session goes on', async () => {
  const agent = await adapted();
  const place = { branch: 'w' };
  const answered = agent.ask('wait', { ...place, turnId: 'withdrawn' });
  await agent.logged('waiting');
  await agent.call('DELETE', '/turn/withdrawn', {});
  expect(await answered).toEqual(failed(/the turn was withdrawn/));
  expect(await agent.logged('cancel')).toHaveLength(1);
  expect(await agent.ask('answer', place)).toMatchObject({ response: 'the answer' });
  expect(agent.log('new')).toHaveLength(1);
});

test('an agent that ends during a turn fails it with the reason, starts again, and its sessions go on', async () => {
  const agent = await adapted();
  const place = { branch: 'e' };
  expect(await agent.ask('exit', place)).toEqual(failed(/^process exited with code 7/));
  expect(await agent.ask('answer', place)).toMatchObject({ response: 'the answer' });
  expect(agent.log('resume')).toMatchObject([{ sessionId: 's-1-' }]);
  // The reply that it has given before it ended counts.
  expect(await agent.ask('dies-after-reply', place)).toMatchObject({ action: 'final', response: 'kept' });
});

test('another credential restarts the agent, and the same session goes on', async () => {
  const agent = await adapted({ env: { API_KEY: 'first' }, options: ['--secret-env', 'API_KEY'] });
  const place = { branch: 'c', turnId: 'limited' };
  expect(await agent.ask('limited-key', { ...place, attempt: 1 })).toEqual(failed(/429/, { kind: 'rate_limit' }));
  await agent.call('POST', '/credentials', { pool: 'p', subscription: 'b', assignment: 2, secret: 'second' });
  expect(await agent.ask('limited-key', { ...place, attempt: 2 })).toMatchObject({ response: 'with second' });
  expect(agent.log('new')).toHaveLength(1);
  expect(agent.log('resume')).toMatchObject([{ sessionId: 's-1-', key: 'second' }]);
});

test.each(['usual', 'counts-stored'])(
  'each turn of a session has its own cost, over a new start of its program (%s)',
  async (mode) => {
    const agent = await adapted({ mode, env: { API_KEY: 'first' }, options: ['--secret-env', 'API_KEY'] });
    const place = { branch: 'u' };
    const used = { costUsd: 0.25, inputTokens: 7, outputTokens: 5 };
    expect(await agent.ask('usage', place)).toMatchObject({ usage: used });
    expect(await agent.ask('free', place)).toMatchObject({ usage: { costUsd: 0, inputTokens: 7, outputTokens: 5 } });
    await agent.call('POST', '/credentials', { pool: 'p', subscription: 'b', assignment: 2, secret: 'second' });
    for (let turn = 0; turn < 3; turn += 1) expect(await agent.ask('usage', place)).toMatchObject({ usage: used });
    expect(agent.log('resume')).toHaveLength(1);
  },
);

test('kill -9 in the middle of a turn: the next start continues the session', async () => {
  const first = await adapted();
  const place = { branch: 'k', turnId: 'killed' };
  const lost = first.ask('wait', place).catch(() => 'no answer');
  await first.logged('waiting');
  const told = await gateway.beat(({ session }) => typeof session === 'string' && session.includes('s-1-'));
  await first.kill('SIGKILL');
  expect(await lost).toBe('no answer');
  const session = told.session ?? '';
  const second = await adapted({ instance: 'two', env: { DROVER_SESSION: session } });
  const reply = await second.ask('answer', { ...place, attempt: 2 }, 'two');
  expect(reply).toMatchObject({ response: 'the answer', session });
  expect(second.log('resume')).toMatchObject([{ sessionId: 's-1-' }]);
  // A host ends what is left of an earlier start by its marks (test/providers/process-adapter.test.ts).
  process.kill(Number(second.log('start')[0]?.['pid']), 'SIGKILL');
});

test.each<[mode: string, problem: RegExp]>([
  ['crashes', /drover: process exited with code 3: Error: no configuration found/],
])('an agent that does not start ends its adapter with the reason (%s)', async (mode, problem) => {
  const agent = await adapted({ mode });
  await expect(agent.endpoint()).rejects.toThrow(problem);
  expect(agent.log('start')).toHaveLength(1);
});

test('an agent that is not installed ends its adapter, and says how to install it', async () => {
  const missing = await adapted({ program: ['claude-agent-acp'], env: { PATH: folder } });
  await expect(missing.endpoint()).rejects.toThrow(
    /"claude-agent-acp" cannot be run: .*; install it .*: npm install -g @agentclientprotocol\/claude-agent-acp/,
  );
});

test('an agent that is not logged in fails each turn as a refused credential', async () => {
  const agent = await adapted({ mode: 'logged-out' });
  for (const turn of ['one', 'two'])
    expect([turn, await agent.ask('answer')]).toEqual([turn, failed(/^not logged in: /, { kind: 'auth' })]);
  expect(agent.log('start')).toHaveLength(1);
});

test('a line that is not JSON before the protocol is passed over', async () => {
  const agent = await adapted({ mode: 'no-json' });
  expect(await agent.ask('answer')).toMatchObject({ response: 'the answer' });
});

test('a session that cannot be opened again is begun again, with what the agent did before', async () => {
  const agent = await adapted({ mode: 'no-resume' });
  const place: Partial<TurnRequest> = {
    branch: 'r',
    memory: [{ input: { kind: 'task', value: 'what was asked before' }, reply: 'x' }],
  };
  await agent.ask('answer', place);
  await agent.ask('exit', place);
  expect(await agent.ask('answer', place)).toMatchObject({ response: 'the answer' });
  expect(agent.log('new')).toHaveLength(2);
  expect(agent.log('prompt').at(-1)?.['text']).toContain('what was asked before');
});

test('children of the agent end with it', async () => {
  const agent = await adapted();
  expect(await agent.ask('child')).toMatchObject({ response: 'started' });
  const child = Number(readFileSync(join(folder, 'child.pid'), 'utf8'));
  expect(isGone(child)).toBe(false);
  await agent.kill('SIGTERM');
  expect(await until(() => isGone(child) || undefined, PATIENCE_MS)).toBe(true);
});

test('an agent without tools answers with a block, and one without sessions begins another', async () => {
  const agent = await adapted({ mode: 'no-http' });
  expect(await agent.ask('answer')).toMatchObject({ response: 'the answer' });
  const [prompt] = agent.log('prompt');
  expect(prompt?.['text']).toContain('end your answer with this block');
});

/** `drover adapt acp` with an agent that keeps to the protocol as little as it can: each turn has a clear end, and the next one works. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  folder = mkdtempSync(join(tmpdir(), 'drover-acp-odd-'));
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

const failed = (error: RegExp) =>
  expect.objectContaining({ action: 'fail', error: expect.stringMatching(error) as string }) as object;

test('a tool that is called with garbage says what is wrong, and the turn goes on', async () => {
  const agent = await adapted();
  expect(await agent.ask('garbage')).toMatchObject({ action: 'final', response: 'after all' });
  const told = agent.log('garbage').map(({ result }) => {
    const { status, isError, text } = result as { status: number; isError?: boolean; text?: string };
    return `${String(status)} ${isError === false ? 'taken' : 'refused'}: ${String(text)}`;
  });
  expect(told).toEqual(
    [
      /^400 refused: .*Parse error/,
      /^400 refused/,
      /^200 refused: .*nothing/,
      /^200 refused: .*invocations/,
      /^200 refused: .*invocations/,
      /^200 refused: .*invocations/,
      /^200 refused: .*agent/,
      /^200 refused: .*request/,
      /^200 refused: .*at most 1000 are allowed in one reply/,
      /^200 refused: .*response/,
      /^200 refused: .*nested deeper than 200 levels/,
      /^200 refused: .*307202 bytes of JSON, at most 262144 are allowed; shorten it/,
      /^413 refused/,
      /^200 refused: .*question/,
      /^200 refused: .*error/,
      /^200 taken: Passed on/,
    ].map((pattern) => expect.stringMatching(pattern) as string),
  );
});

const OUT_OF_HEARING = /^(?:Incoming ACP data exceeds the configured 33554432 byte limit|ACP connection closed)$/;

test.each(['flood', 'closes-output'])(
  'an agent that no longer answers is ended, and the next turn starts it again (%s)',
  async (deed) => {
    const agent = await adapted();
    const place = { branch: 'deaf' };
    expect(await agent.ask(deed, place)).toEqual(failed(OUT_OF_HEARING));
    const [start] = agent.log('start');
    expect(await until(() => isGone(Number(start?.['pid'])) || undefined, PATIENCE_MS)).toBe(true);
    expect(await agent.ask('answer', place)).toMatchObject({ action: 'final', response: 'the answer' });
    expect(agent.log('start')).toHaveLength(2);
    expect(agent.log('resume')).toMatchObject([{ sessionId: 's-1-' }]);
  },
);

test('the end of a prompt counts, also with garbage beside it', async () => {
  const agent = await adapted();
  const fine = { action: 'final', response: 'it is fine' };
  for (const end of [
    '{"stopReason":"constructor"}',
    '{"stopReason":"of_its_own"}',
    '{"stopReason":7}',
    '{"stopReason":"end_turn","usage":"much"}',
    '{"stopReason":"end_turn","usage":{"inputTokens":"7","outputTokens":-1}}',
    '{}',
  ]) {
    const reply = (await agent.ask(`odd-end ${end}`)) as object;
    expect([end, reply]).toEqual([end, expect.objectContaining(fine)]);
    expect(reply).not.toHaveProperty('usage');
  }
  for (const end of ['7', '[]', '"end_turn"'])
    expect([end, await agent.ask(`odd-end ${end}`)]).toEqual([
      end,
      failed(/it answered "session\/prompt" with (?:7|\[\]|"end_turn")$/),
    ]);
});

test('an agent of another version of the protocol is refused at its start', async () => {
  const agent = await adapted({ mode: 'newer' });
  await expect(agent.endpoint()).rejects.toThrow(/it speaks version 99 of ACP, and Drover speaks 1/);
  expect(isGone(Number(agent.log('start')[0]?.['pid']))).toBe(true);
});

test.each([
  ['true', 'it ended before it answered "initialize"; does it speak ACP?'],
  ['cat', 'it does not know "initialize"; does it speak ACP?'],
])('a program of another kind ends its adapter with that reason (%s)', async (program, problem) => {
  const agent = await adapted({ program: [program] });
  await expect(agent.endpoint()).rejects.toThrow(problem);
});

test.each([
  ['gateway.example.com', 'invalid DROVER_GATEWAY "gateway.example.com": use an http or https URL without credentials'],
  ['', 'DROVER_GATEWAY not set: start the agent with Drover, or set the variables yourself'],
])('an adapter of the gateway %j ends before its program starts', async (DROVER_GATEWAY, problem) => {
  const agent = await adapted({ env: { DROVER_GATEWAY } });
  await expect(agent.endpoint()).rejects.toThrow(problem);
  expect(agent.log('start')).toEqual([]);
});

test('a session without an id fails its turn', async () => {
  const agent = await adapted({ mode: 'no-id' });
  expect(await agent.ask('answer')).toEqual(failed(/it answered "session\/new" without the id of a session/));
});

test('an agent that knows one session only is refused another, and works with session: agent', async () => {
  const branches = await adapted({ mode: 'one-session' });
  expect(await branches.ask('answer', { branch: 'a' })).toMatchObject({ response: 'the answer' });
  expect(await branches.ask('answer', { branch: 'b' })).toEqual(
    failed(/it gave a new session the id the-session, which another one has; .*write session: agent$/),
  );
  expect(await branches.ask('answer', { branch: 'a' })).toMatchObject({ response: 'the answer' });
  const whole = await adapted({ mode: 'one-session', options: ['--session', 'agent'], instance: 'two' });
  for (const branch of ['a', 'b'])
    expect(await whole.ask('answer', { branch }, 'two')).toMatchObject({ response: 'the answer' });
});

test('a branch does not continue the session of another, although their agent gives the same ids after its start', async () => {
  const agent = await adapted({ mode: 'counts-from-one' });
  await agent.ask('answer', { branch: 'a' });
  await agent.ask('exit', { branch: 'b' });
  const said = async (branch: string, value: string) =>
    agent.ask('', { branch, input: { kind: 'request', from: 'B', value: `${value}; do: answer` } });
  await said('b', 'for b');
  await said('a', 'for a');
  const again = agent.log('prompt').slice(-2) as unknown as { sessionId: string; text: string }[];
  expect(again.map(({ sessionId, text }) => [sessionId, text.includes('the task')])).toEqual([
    ['s-1', true],
    ['s-2', true],
  ]);
});

test('a link after a folder that does not exist leads nowhere, and a pipe is not waited for', async () => {
  const agent = await adapted();
  const outside = mkdtempSync(join(tmpdir(), 'drover-outside-'));
  writeFileSync(join(outside, 'secret.txt'), 'one\nsecret');
  mkdirSync(join(folder, 'sub'));
  symlinkSync(outside, join(folder, 'link'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  for (const path of [
    `${folder}/nowhere/../link/secret.txt`,
    `${folder}/nowhere/deep/../../link/secret.txt`,
    `${folder}/sub/../nowhere/../link/secret.txt`,
    `${folder}/pipe`,
    `${folder}/sub`,
    folder,
  ]) {
    const response = expect.stringMatching(/^refused: .*; refused: /) as string;
    expect([path, await agent.ask(`files ${path}`)]).toEqual([path, expect.objectContaining({ response })]);
  }
  expect(await agent.ask(`terminal ${folder}/nowhere/../link`)).toEqual(failed(/is outside of/));
  rmSync(outside, { recursive: true });
});

/** The adapter of the Agent2Agent protocol against an agent made with the server of the protocol's own library. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { a2aAdapter } from '../../src/adapters/a2a';
import { Sessions } from '../../src/adapters/sessions';
import { failedReply } from '../../src/agent/reports';
import type { TurnRequest } from '../../src/contract/agent/turns';
import { freePorts } from '../../src/dev/ports';
import { until } from '../../src/lib/until';
import { turnRequest } from '../agent/turn-request';
import { PATIENCE_MS } from '../support/patience';

let service: ChildProcess;
let url: string;

beforeAll(async () => {
  service = spawn(process.execPath, [join(__dirname, 'fake-a2a-agent.mjs')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(service.stdout?.setEncoding('utf8') ?? service, 'data')) as [string];
  url = line.trim();
}, PATIENCE_MS);

afterAll(() => service.kill());

interface Call {
  readonly method: string;
  readonly [field: string]: unknown;
}

const post = async (path: string): Promise<unknown> => (await fetch(`${url}${path}`, { method: 'POST' })).json();
const calls = async () => (await post('/calls')) as Call[];

interface Options {
  readonly card?: string;
  readonly secret?: string;
  readonly sessions?: Sessions;
  readonly said?: unknown[];
}

/** An agent over the service. A thrown error becomes `fail` with its kind, as for Drover. */
async function agentOf({ card = 'card.json', secret, sessions = new Sessions('branch'), said = [] }: Options = {}) {
  const settings = { card: `${url}/${card}`, secret: () => secret, sessions, pollMs: 5, retriesMs: [5, 5] };
  const { onTurn } = await a2aAdapter(settings);
  let turns = 0;
  return async (
    deed: string,
    turn: Partial<TurnRequest> = {},
    signal = new AbortController().signal,
  ): Promise<unknown> => {
    turns += 1;
    const input = { kind: 'task', value: `do: ${deed}` } as const;
    const request = turnRequest({
      turnId: `${deed}-${String(turns)}`,
      mayInvoke: ['B', 'User', 'End'],
      input,
      ...turn,
    });
    try {
      return await onTurn({ ...request, progress: (progress) => void said.push(progress) }, signal);
    } catch (error) {
      return failedReply(error);
    }
  };
}

const failed = (error: RegExp, failure: object = { kind: 'other' }) => ({
  action: 'fail',
  error: expect.stringMatching(error) as string,
  failure: expect.objectContaining(failure) as object,
});

const REPLIES: readonly [deed: string, reply: unknown][] = [
  ['answer', { action: 'final', response: 'the answer' }],
  ['stream', { action: 'final', response: 'It is fine.' }],
  ['data', { action: 'final', response: { letters: ['M', 'A'] } }],
  ['status-answer', { action: 'final', response: 'said by its status' }],
  ['invoke', { action: 'invoke', invocations: [{ agent: 'B', request: 'go' }] }],
  ['invoke-other-once', { action: 'invoke', invocations: [{ agent: 'B', request: 'go' }] }],
  ['unavailable', { action: 'final', response: 'back again' }],
  ['fail', failed(/^the task failed: the disk is full$/)],
  ['reject', failed(/^the task was rejected: not my field$/)],
  ['login', failed(/^it wants another login: sign in again$/, { kind: 'auth' })],
  ['gone', failed(/\/(rpc|plain) cannot be reached: /)],
  ['away', failed(/\/(rpc|plain) answers 503: .*starting/)],
];

test.each(['card.json', 'plain.json'])('by %s, every end of a task is a reply', async (card) => {
  const ask = await agentOf({ card });
  const given = await Promise.all(
    REPLIES.map(async ([deed], index) => [deed, await ask(deed, { branch: String(index) })]),
  );
  expect(given).toEqual(REPLIES);
});

test('an answer of 10 MB is cut with a note', async () => {
  const ask = await agentOf();
  const { response } = (await ask('huge')) as { response: string };
  expect(response).toMatch(/^x+\n\n\[cut by Drover: \d+ more bytes\]$/);
});

test('a stream is the progress of the turn; one that breaks off is followed by looks at the task', async () => {
  const said: unknown[] = [];
  const ask = await agentOf({ said });
  await ask('stream');
  expect(said).toEqual([{ text: 'reads the sources' }, { text: 'It is' }, { text: 'It is fine.' }]);
  expect(await ask('stream breaks')).toEqual({ action: 'final', response: 'It is fine.' });
  expect((await calls()).map(({ method }) => method)).toContain('GetTask');
});

test('a service that can only answer gets its input as it is, and a value as data', async () => {
  const ask = await agentOf();
  const only = { mayInvoke: ['End'] };
  expect(await ask('echo', { ...only, input: { kind: 'task', value: 'do: echo me' } })).toEqual({
    action: 'final',
    response: 'do: echo me',
  });
  expect(await ask('echo', { ...only, input: { kind: 'request', from: 'B', value: { say: 'do: echo' } } })).toEqual({
    action: 'final',
    response: '{"say":"do: echo"}',
  });
});

test('input-required is a question; the answer goes to the same task, after a restart of the adapter too', async () => {
  const sessions = new Sessions('branch');
  expect(await (await agentOf({ sessions }))('ask')).toEqual({ action: 'ask', question: 'Which colour?' });
  await calls();
  const later = await agentOf({ sessions: new Sessions('branch', sessions.text) });
  const input = { kind: 'answer', question: 'Which colour?', value: 'red' } as const;
  expect(await later('', { input })).toEqual({ action: 'final', response: 'painted red' });
  const [sent] = await calls();
  expect(sent?.['taskId']).toBeTruthy();
  // The next turn goes on in the same context, with a task of its own.
  await later('answer');
  expect((await calls())[0]).toMatchObject({ contextId: sent?.['contextId'], method: 'SendStreamingMessage' });
});

test('a question without a way to the human, and an answer to a task that the service has lost', async () => {
  const ask = await agentOf();
  expect(await ask('ask', { mayInvoke: ['B', 'End'] })).toEqual(
    failed(/^it asks, and no flow leads from A to User: Which colour\?$/),
  );
  expect(await ask('ask', { branch: '1' })).toMatchObject({ action: 'ask' });
  await post('/restart');
  const input = { kind: 'answer', question: 'do: echo', value: 'red' } as const;
  expect(await ask('', { branch: '1', input })).toMatchObject({
    action: 'final',
    response: expect.stringMatching(/The human answers:\nred/) as string,
  });
});

test('a withdrawn turn cancels its task', async () => {
  const ask = await agentOf();
  await calls();
  const withdrawn = new AbortController();
  const turn = ask('cancelled', {}, withdrawn.signal);
  await until(async () => ((await calls()).length > 0 ? true : undefined), PATIENCE_MS);
  withdrawn.abort(new Error('withdrawn'));
  expect(await turn).toEqual(failed(/withdrawn/));
  expect(await calls()).toContainEqual({ method: 'executor.cancelTask', taskId: expect.any(String) as string });
  await post('/free');
});

test('a turn that comes again follows the task of its first attempt', async () => {
  const sessions = new Sessions('branch');
  const first = await agentOf({ sessions });
  await calls();
  const dead = new AbortController();
  void first('wait', { turnId: 'twice' }, dead.signal);
  await until(() => sessions.text ?? undefined, PATIENCE_MS);
  const again = await agentOf({ sessions: new Sessions('branch', sessions.text) });
  const second = again('wait', { turnId: 'twice', attempt: 2 });
  await until(async () => ((await calls()).some(({ method }) => method === 'GetTask') ? true : undefined), PATIENCE_MS);
  await post('/free');
  expect(await second).toEqual({ action: 'final', response: 'freed' });
  expect((await calls()).filter(({ method }) => method === 'SendStreamingMessage')).toEqual([]);
});

test('the token goes along as the card wants it; 401 and 429 are failures of the credential', async () => {
  await (
    await agentOf({ secret: 'right' })
  )('answer');
  expect(await calls()).toMatchObject([{ authorization: 'Bearer right' }]);
  await (
    await agentOf({ card: 'key.json', secret: 'right' })
  )('answer');
  expect(await calls()).toMatchObject([{ key: 'right' }]);
  const refused = await (await agentOf({ secret: 'wrong' }))('answer');
  expect(refused).toEqual(failed(/\/rpc answers 401: .*unknown key \*\*\*/, { kind: 'auth' }));
  expect(await (await agentOf({ secret: 'spent' }))('answer')).toEqual(
    failed(/answers 429/, { kind: 'rate_limit', resetAt: expect.any(String) as string }),
  );
});

test.each([
  ['missing.json', undefined, /^no agent card at .*missing\.json: .*404/],
  ['page.json', undefined, /^no agent card at .*: .*JSON/],
  ['other.json', undefined, /other\.json is not an agent card: name: /],
  ['empty.json', undefined, /empty\.json is not an agent card: supportedInterfaces: names no interface/],
  ['grpc.json', undefined, /speaks GRPC only; Drover calls JSONRPC and HTTP\+JSON/],
  ['moved.json', undefined, /redirects to .*card\.json; name that URL/],
  ['locked.json', 'guessed', /^no agent card at .*answers 401: .*no Bearer \*\*\*/],
  ['elsewhere.json', 'right', /leads to https:\/\/elsewhere\.example\.com, which does not get its secret/],
])('a card that is wrong is refused at the start: %s', async (card, secret, error) => {
  await expect(agentOf({ card, ...(secret === undefined ? {} : { secret }) })).rejects.toThrow(error);
});

test('a service that is away at the start is named', async () => {
  const [port = 0] = await freePorts(1);
  const settings = {
    card: `http://127.0.0.1:${String(port)}/card.json`,
    secret: () => undefined,
    sessions: new Sessions('branch'),
  };
  await expect(a2aAdapter({ ...settings, retriesMs: [1] })).rejects.toThrow(
    /^no agent card at http:.*card\.json: .*cannot be reached: .*ECONNREFUSED/,
  );
});

/** ACP agents that do not answer: each of these waits out a limit of the adapter, of 20 or of 90 seconds. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TurnRequest } from '../../src/contract/agent/turns';
import { until } from '../../src/lib/until';
import { Adapted, type AdaptedOptions } from '../adapters/adapted';
import { FakeGateway } from '../agent/gateway';
import { isGone } from '../cli/commands/drover';
import { PATIENCE_MS } from '../support/patience';

let gateway: FakeGateway;
let folder: string;
let agent: Adapted;

beforeEach(async () => {
  gateway = await new FakeGateway().listen();
  folder = mkdtempSync(join(tmpdir(), 'drover-silent-'));
});

afterEach(async () => {
  await agent.kill('SIGTERM');
  for (const { pid } of agent.log('start')) expect(isGone(Number(pid))).toBe(true);
  await gateway.close();
  rmSync(folder, { recursive: true, force: true });
});

async function started(given: Partial<AdaptedOptions> = {}): Promise<void> {
  agent = await Adapted.start(gateway, { folder, ...given });
}

const failed = (error: RegExp) =>
  expect.objectContaining({ action: 'fail', error: expect.stringMatching(error) as string }) as object;
const gone = (start: number) =>
  until(() => isGone(Number(agent.log('start')[start]?.['pid'])) || undefined, PATIENCE_MS);
const memory: TurnRequest['memory'] = [{ input: { kind: 'task', value: 'what was asked before' }, reply: 'x' }];

async function withdrawn(branch: string): Promise<void> {
  const answer = agent.ask('hang', { branch, turnId: 'hangs' });
  await agent.logged('hangs');
  await agent.call('DELETE', '/turn/hangs', {});
  expect(await answer).toEqual(failed(/the turn was withdrawn/));
}

test('an agent that ignores a cancel is ended, and the next turn of its branch begins a session', async () => {
  await started();
  await withdrawn('a');
  expect(await agent.logged('cancel')).toHaveLength(1);
  expect(await agent.ask('answer', { branch: 'a', memory })).toMatchObject({ response: 'the answer' });
  expect(await gone(0)).toBe(true);
  expect(agent.log('new')).toHaveLength(2);
  expect(agent.log('prompt').at(-1)?.['text']).toContain('what was asked before');
});

test('it goes on with the turns of other branches that it works on', async () => {
  await started();
  const other = agent.ask('wait', { branch: 'other', turnId: 'other' });
  await agent.logged('waiting');
  await withdrawn('a');
  expect(await agent.ask('answer', { branch: 'a', memory })).toMatchObject({ response: 'the answer' });
  await agent.call('DELETE', '/turn/other', {});
  expect(await other).toEqual(failed(/the turn was withdrawn/));
  expect(await agent.ask('answer', { branch: 'other' })).toMatchObject({ response: 'the answer' });
  expect(agent.log('start')).toHaveLength(1);
});

test('an agent that goes on after its reply has given it', async () => {
  await started();
  expect(await agent.ask('hangs-after-reply', { branch: 'a' })).toMatchObject({ action: 'final', response: 'given' });
  expect(await agent.ask('answer', { branch: 'a' })).toMatchObject({ response: 'the answer' });
  expect(agent.log('new')).toHaveLength(2);
});

test('an agent that never answers "initialize" ends its adapter with the reason', async () => {
  await started({ mode: 'silent' });
  const [code] = (await once(agent.child, 'exit')) as [number | null];
  expect([code, agent.output]).toEqual([
    1,
    expect.stringMatching(/drover: it did not answer "initialize" within 90 s; does it speak ACP\?/),
  ]);
  expect(await gone(0)).toBe(true);
  expect(agent.log('start')).toHaveLength(1);
});

test('an agent that opens no session fails the turn, and the next one starts it again', async () => {
  await started({ mode: 'silent-new' });
  const place = { branch: 'a' };
  expect(await agent.ask('answer', place)).toEqual(failed(/^it did not answer "session\/new" within 90 s$/));
  expect(await gone(0)).toBe(true);
  expect(await agent.ask('answer', place)).toMatchObject({ response: 'the answer' });
  expect(agent.log('start')).toHaveLength(2);
});

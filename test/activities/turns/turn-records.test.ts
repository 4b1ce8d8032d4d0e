/** Every turn that a worker takes is recorded, without secrets; a record that fails does not fail the turn. */
import {
  createTurnRecordActivities,
  recording,
  type TurnRecordStore,
} from '../../../src/activities/turns/turn-records';
import type { TurnCall, TurnResult } from '../../../src/contract/activities';
import { DroverError } from '../../../src/contract/errors';
import { type TurnRecord, turnsOf } from '../../../src/contract/run/turn-record';
import { unseal } from '../../../src/lib/sealed';
import { activityEnvironment } from '../../support/quiet';
import { turnRequest } from '../../support/turn-request';

const SECRET = 'sk-of-the-agent-itself';
const secrets = { agentSecret: 'the-secret-of-all-agents', environment: { KEY: SECRET } };

function storeOf(fail?: Error): { readonly store: TurnRecordStore; readonly kept: Omit<TurnRecord, 'id'>[] } {
  const kept: Omit<TurnRecord, 'id'>[] = [];
  const keep: TurnRecordStore['keep'] = async (record) => {
    if (fail) throw fail;
    kept.push(record);
  };
  return { kept, store: { keep, page: async () => ({ turns: [], next: null, problem: null }) } };
}

const callOf = (more: Partial<TurnCall> = {}): TurnCall => ({
  fleet: 'mars',
  agent: 'A',
  endpoint: 'http://127.0.0.1:1',
  replyTo: 'run/mars/r/0',
  request: turnRequest('t1'),
  references: ['env:KEY'],
  ...more,
});

async function taken(result: TurnResult | Error, call = callOf(), fail?: Error) {
  const { store, kept } = storeOf(fail);
  const takeTurn = async (): Promise<TurnResult> => {
    if (result instanceof Error) throw result;
    return result;
  };
  const turns = recording({ takeTurn }, { store, host: 'here', secrets });
  let answer: unknown;
  await activityEnvironment().run(async () => {
    answer = await turns.takeTurn(call).catch((error: unknown) => error);
  });
  return { answer, kept };
}

test('input, reply, time, attempt and usage of a turn are kept', async () => {
  const reply = { action: 'final', response: 'done', usage: { inputTokens: 12, costUsd: 0.5, model: 'm' } };
  const { answer, kept } = await taken({ reply });
  expect(answer).toEqual({ reply });
  const { run, branch, input, attempt } = turnRequest('t1');
  expect(kept).toMatchObject([
    { fleet: 'mars', agent: 'A', host: 'here', turnId: 't1', run, branch, attempt, input, reply, usage: reply.usage },
  ]);
  expect(kept[0]?.durationMs).toBeGreaterThanOrEqual(0);
  expect(kept[0]).not.toHaveProperty('error');
});

test('a failed turn, and one that was not reached, are kept with their error', async () => {
  const refused = await taken({ error: { code: 'TurnRejected', message: 'it answered 400' } });
  expect(refused.kept).toMatchObject([{ error: { code: 'TurnRejected', message: 'it answered 400' } }]);
  const lost = await taken(new DroverError('AgentUnavailable', 'cannot be reached'));
  expect(lost.answer).toBeInstanceOf(DroverError);
  expect(lost.kept).toMatchObject([{ error: { code: 'AgentUnavailable', message: 'cannot be reached' } }]);
  expect(lost.kept[0]).not.toHaveProperty('reply');
});

test('no secret is kept, wherever it stands; if one can no longer be looked up, nothing of the turn is', async () => {
  const request = { ...turnRequest('t1'), input: { kind: 'task' as const, value: { [SECRET]: [`use ${SECRET}`] } } };
  const { kept } = await taken({ reply: { action: 'final', response: `it is ${SECRET}` } }, callOf({ request }));
  expect(JSON.stringify(kept)).not.toContain(SECRET);
  expect(JSON.stringify(kept)).toContain('use ***');
  const gone = await taken({ reply: 'the answer' }, callOf({ references: ['env:GONE'] }));
  expect(JSON.stringify(gone.kept)).not.toContain('the answer');
  expect(gone.kept).toMatchObject([{ reply: expect.stringContaining('not shown') as string }]);
});

test('a long input or reply is a text without its middle', async () => {
  const { kept } = await taken({ reply: { action: 'final', response: 'x'.repeat(300_000) } });
  expect(kept).toMatchObject([{ cut: true, reply: expect.stringContaining('bytes left out') as string }]);
  expect(Buffer.byteLength(JSON.stringify(kept))).toBeLessThan(140_000);
});

test('a full disk does not fail the turn', async () => {
  const { answer, kept } = await taken({ reply: 'r' }, callOf(), new Error('the disk is full (ENOSPC)'));
  expect([answer, kept]).toEqual([{ reply: 'r' }, []]);
});

test('what is read travels sealed: only holders of the secret open it', async () => {
  const { store } = storeOf();
  const call = { fleet: 'mars', run: 'r' };
  let sealed = '';
  await activityEnvironment().run(async () => {
    ({ sealed } = await createTurnRecordActivities({ store, host: 'here', secrets }).readTurns(call));
  });
  expect(JSON.parse(unseal(sealed, secrets.agentSecret, turnsOf(call)))).toEqual({
    turns: [],
    next: null,
    problem: null,
  });
  expect(() => unseal(sealed, 'another secret', turnsOf(call))).toThrow();
  expect(() => unseal(sealed, secrets.agentSecret, turnsOf({ fleet: 'mars', run: 'other' }))).toThrow();
});

/** Finished turns are undone, newest first, when their run is cancelled, even when the worker is replaced. */
import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { UndoCall } from '../../../src/contract/activities';
import type { ScriptedReply } from '../../../src/contract/run/script';
import { devServer } from '../../support/env';
import { withWorker } from '../../support/worker';
import { eventually } from '../agent/harness';
import { type TestRun, command, startRun } from './harness';

const env = devServer();

const to = (agent: string, undo: unknown) => ({ action: 'invoke', invocations: [{ agent, request: 'go' }], undo });
const topology = { flows: ['Start -> A', 'A <-> B', 'A -> End'] };
/** Three turns that can be undone, then one that lasts, or fails. */
const chain = (last: ScriptedReply) => ({ A: [to('B', 'a1'), to('B', 'a2')], B: [to('A', 'b1'), last] });
const NEWEST_FIRST = ['r/0/3 a2', 'r/0/2 b1', 'r/0/1 a1'];

type Undo = (call: UndoCall) => Promise<void>;
const word = ({ turnId, undo }: UndoCall) => `${turnId} ${String(undo)}`;

function withUndo<T>(undoTurn: Undo, use: (taskQueue: string) => Promise<T>, prefix = `undo-${randomUUID()}`) {
  return withWorker({ env, prefix, activities: { undoTurn } }, use);
}

const start = (taskQueue: string, last: ScriptedReply) =>
  startRun(env, taskQueue, { topology, run: 'r', script: chain(last) });

async function compensationOf(run: TestRun): Promise<string[]> {
  const { compensation } = await run.view();
  return [compensation?.state ?? '', ...(compensation?.entries ?? []).map(({ key, outcome }) => `${key} ${outcome}`)];
}

it('when the run is cancelled, with the fleet and the agent of each', async () => {
  const asked: UndoCall[] = [];
  await withUndo(
    async (call) => void asked.push(call),
    async (taskQueue) => {
      const run = await start(taskQueue, { action: 'final', response: 1, delay: '1h' });
      await run.untilBranch('0', ({ turns }) => turns === 3);
      await command(run, 'cancel');
      expect(await run.result()).toMatchObject({ success: false, error: 'cancelled' });
      expect(asked.map(word)).toEqual(NEWEST_FIRST);
      expect(asked.map(({ agent }) => agent)).toEqual(['A', 'B', 'A']);
      expect(await compensationOf(run)).toEqual(['compensated', 'r/0/1 undone', 'r/0/2 undone', 'r/0/3 undone']);
    },
  );
});

it('once each when a worker ends in the middle of it and another goes on', async () => {
  const prefix = `undo-${randomUUID()}`;
  const asked: string[] = [];
  const hangs: Undo = async (call) => {
    asked.push(word(call));
    if (asked.length === 2) await Context.current().cancelled;
  };
  const run = await withUndo(
    hangs,
    async (taskQueue) => {
      const under = await start(taskQueue, { action: 'fail', error: 'no' });
      await eventually(
        async () => asked.length,
        (count) => count === 2,
      );
      return under;
    },
    prefix,
  );
  const after: string[] = [];
  await withUndo(
    async (call) => void after.push(word(call)),
    () => run.result(),
    prefix,
  );
  expect(asked).toEqual(NEWEST_FIRST.slice(0, 2));
  expect(after).toEqual(NEWEST_FIRST.slice(1));
  await withUndo(
    async () => undefined,
    async () => {
      expect(await compensationOf(run)).toEqual(['compensated', 'r/0/1 undone', 'r/0/2 undone', 'r/0/3 undone']);
    },
    prefix,
  );
});

it('is tried again if an agent is not there, and goes on with the others if one refuses', async () => {
  const asked: string[] = [];
  const undo: Undo = async (call) => {
    asked.push(word(call));
    if (call.turnId === 'r/0/3' && asked.length < 3) throw new Error('not there');
    if (call.turnId === 'r/0/2') throw ApplicationFailure.nonRetryable('never', 'TurnRejected');
  };
  await withUndo(undo, async (taskQueue) => {
    const run = await start(taskQueue, { action: 'fail', error: 'no' });
    await run.result();
    expect(asked).toEqual(['r/0/3 a2', 'r/0/3 a2', 'r/0/3 a2', 'r/0/2 b1', 'r/0/1 a1']);
    expect(await compensationOf(run)).toEqual(['failed', 'r/0/1 undone', 'r/0/2 failed', 'r/0/3 undone']);
  });
});

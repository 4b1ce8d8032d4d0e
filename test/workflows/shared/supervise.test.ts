/** Work beside the main loop of a workflow never fails a task, in a workflow of its own for each way in which it could. */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundleWorkflowCode } from '@temporalio/worker';
import { timeSkipping } from '../../support/env';
import { shared, type WorkflowBundle } from '../../support/shared';
import { withWorker } from '../../support/worker';
import type { background, cancelled, pauses, receiving, sending, throwing } from './supervised';

const env = timeSkipping();
let bundle: WorkflowBundle;

beforeAll(async () => {
  const { code } = await bundleWorkflowCode({
    workflowsPath: require.resolve('./supervised'),
    logger: { log() {}, trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  bundle = { codePath: join(shared().folder, `supervised-${randomUUID()}.js`) };
  writeFileSync(bundle.codePath, code);
}, 60_000);

/** Runs one of the workflows beside this file to its end. */
function run<T>(workflow: string, args: readonly unknown[], meanwhile?: (id: string) => Promise<void>): Promise<T> {
  return withWorker({ env, bundle, activities: { none: async () => undefined } }, async (taskQueue) => {
    const workflowId = `${workflow}-${randomUUID()}`;
    const handle = await env.client.workflow.start(workflow, { workflowId, taskQueue, args: [...args] });
    await meanwhile?.(workflowId);
    return (await handle.result()) as T;
  });
}

test('background work that fails is shown with its reason, tried again until it ends well, and then forgotten', async () => {
  const { tries, shown, after } = await run<Awaited<ReturnType<typeof background>>>('background', [3]);
  expect(tries).toBe(4);
  expect(shown).toMatchObject(
    [1, 2, 3].map((attempts) => ({ what: 'fetch', why: `no ${String(attempts)}`, attempts })),
  );
  expect(new Set(shown.map(({ since }) => since)).size).toBe(1);
  expect(after).toEqual([]);
});

test('its pauses begin with a second, double, and end at a minute', async () => {
  const waited = await run<Awaited<ReturnType<typeof pauses>>>('pauses', [9]);
  const longest = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000);
  for (const [index, most] of longest.entries()) {
    expect(waited[index]).toBeGreaterThanOrEqual(most / 2);
    // The server skips time in whole milliseconds, and a task takes some.
    expect(waited[index]).toBeLessThan(most + 5_000);
  }
});

test('a predicate, a callback and a card that throw are troubles, and fail no task', async () => {
  const said = await run<Awaited<ReturnType<typeof throwing>>>('throwing', []);
  expect(said).toEqual(expect.arrayContaining(['show: no card', 'ring: no callback', 'no deadline']));
  expect(said.find((line) => line.startsWith('looks'))).not.toBe('looks: 1');
});

test('work begun by a cancellation is not cancelled with it: a timer runs its time, work is tried again', async () => {
  const { waitedMs, tries } = await run<Awaited<ReturnType<typeof cancelled>>>('cancelled', []);
  expect(waitedMs).toBeGreaterThanOrEqual(5_000);
  expect(tries).toBe(3);
});

test('a signal that cannot be read, and one whose rule falls over at once or later, are ignored with the reason', async () => {
  const result = await run<Awaited<ReturnType<typeof receiving>>>('receiving', [], async (workflowId) => {
    const handle = env.client.workflow.getHandle(workflowId);
    for (const value of ['x', 1, 2, 3, 4]) await handle.signal('readable', value);
    await handle.signal('over', 0);
  });
  expect(result.taken).toEqual([1, 4]);
  expect(result.ignored.sort()).toEqual([
    'readable: it could not be handled: a rule fell over',
    'readable: it could not be handled: a rule fell over late',
    'readable: it could not be handled: not a number',
  ]);
});

test.each([
  ['a receiver that is gone is gone at once', ['gone'], 'run/x/1', { delivery: 'gone', asked: 1 }],
  [
    'everything else is tried again until it has arrived',
    ['13 INTERNAL: oops', '2 UNKNOWN: oops', '3 INVALID_ARGUMENT: too large', 'out of memory'],
    'run/x/1',
    { delivery: 'delivered', asked: 5 },
  ],
  ['an empty id is not asked for', [], '', { delivery: 'gone', asked: 0 }],
  ['an id that the server does not take is not asked for either', [], 'é'.repeat(501), { delivery: 'gone', asked: 0 }],
])('of a signal to another workflow: %s', async (_what, answers, to, expected) => {
  const sent = await run<Awaited<ReturnType<typeof sending>>>('sending', [answers, to]);
  expect(sent).toEqual({ ...expected, pending: 0 });
});

test('a workflow that is not there is gone by its own carrier too', async () => {
  expect(await run('sendingOut', [`agent/nowhere/${randomUUID()}`])).toBe('gone');
});

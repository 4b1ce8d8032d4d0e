/** The inbox of a run on skipped time: reminders, escalation, deadlines, pauses, and their events. */
import { EVENT_TYPES } from '../../../src/contract/event';
import type { RaiseCall } from '../../../src/contract/activities';
import type { DroverEvent } from '../../../src/contract/event';
import type { InboxSpec, RunInbox, WaitingItem } from '../../../src/contract/run/inbox';
import type { TopologySpec } from '../../../src/contract/fleet/topology';
import type { Script } from '../../../src/contract/run/script';
import { timeSkipping } from '../../support/env';
import { eventually } from '../agent/harness';
import { command, refused, startRun, type TestRun, withRuns } from './harness';

const env = timeSkipping();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const THREE_DAYS: InboxSpec = {
  remindAfter: '1h',
  escalateAfter: '24h',
  escalateTo: 'ops@example.com',
  deadline: '72h',
};
const topology = { flows: ['Start -> A', 'A -> User'] };
const ask = (question: unknown, more: object = {}) => ({ action: 'ask', question, ...more });
const end = { action: 'final', response: 'done' };

interface World {
  readonly run: TestRun;
  readonly events: DroverEvent[];
  readonly items: () => Promise<readonly WaitingItem[]>;
}

/** A run whose agent asks once, with no one who answers. */
async function asked(
  inbox: InboxSpec,
  test: (world: World) => Promise<void>,
  script: Script = { A: [ask('?'), end] },
  over: TopologySpec = topology,
) {
  const events: DroverEvent[] = [];
  const takeTurn = () => Promise.reject(new Error('no agent takes turns here'));
  const raiseEvent = async ({ event }: RaiseCall) => void events.push(event);
  await withRuns(
    env,
    async (taskQueue) => {
      const notify = [{ url: 'http://127.0.0.1:1', events: EVENT_TYPES }];
      const run = await startRun(env, taskQueue, { topology: over, script, inbox, notify });
      const items = async () => (await run.handle.query<RunInbox>('inbox')).items;
      await eventually(items, (found) => found.length > 0);
      await test({ run, events, items });
    },
    { activities: { takeTurn, raiseEvent } },
  );
}

/** The events of questions with the hours since the first one. */
function told(events: readonly DroverEvent[]): string[] {
  const own = events.filter(({ type }) => type.startsWith('question.'));
  const start = Date.parse(own[0]?.at ?? '');
  return own.map(({ type, at }) => `${type.slice(9)} ${String(Math.round((Date.parse(at) - start) / HOUR))}h`);
}

const UNTIL_DEADLINE = ['asked 0h', 'reminded 1h', 'escalated 24h', 'expired 72h'];

describe('a question that no one answers', () => {
  it('is reminded of after an hour, escalated after a day, and fails its branch after three days', async () => {
    await asked({ ...THREE_DAYS, onDeadline: 'fail' }, async ({ run, events }) => {
      const result = await run.result();
      expect(result.error).toContain('no answer within 72h');
      expect(told(events)).toEqual(UNTIL_DEADLINE);
      expect(events.find(({ type }) => type === 'question.escalated')?.data).toMatchObject({
        escalateTo: 'ops@example.com',
        kind: 'question',
        onDeadline: 'fail',
      });
    });
  });

  it('gets the default of the fleet file after three days, if the file says so', async () => {
    await asked({ ...THREE_DAYS, onDeadline: 'default', default: 'blue' }, async ({ run, events }) => {
      expect(await run.result()).toMatchObject({ success: true, finalResponse: 'done' });
      expect(told(events)).toEqual(UNTIL_DEADLINE);
    });
  });

  it('waits on after three days with hold, and is answered after ten', async () => {
    await asked({ ...THREE_DAYS, onDeadline: 'hold' }, async ({ run, events, items }) => {
      await env.sleep(10 * DAY);
      await eventually(
        async () => told(events),
        (seen) => seen.length === 4,
      );
      expect(told(events)).toEqual(UNTIL_DEADLINE);
      expect(await items()).toMatchObject([{ isExpired: true, onDeadline: 'hold', kind: 'question' }]);
      await command(run, 'answerItem', { number: 1, value: 'red', by: 'alice', from: '10.0.0.7' });
      expect(await run.result()).toMatchObject({ success: true });
      expect(events.find(({ type }) => type === 'question.answered')?.data).toMatchObject({
        by: 'alice from 10.0.0.7',
      });
    });
  });

  it('fails a permission at its own time, even if its agent has a default', async () => {
    const question = { kind: 'permission', prompt: 'Delete everything?', options: ['allow', 'deny'] };
    const script = { A: [ask(question, { timeout: '2h', default: 'allow' }), end] };
    await asked(
      {},
      async ({ run, items }) => {
        expect(await items()).toMatchObject([
          { kind: 'permission', prompt: 'Delete everything?', options: ['allow', 'deny'], onDeadline: 'fail' },
        ]);
        expect((await run.result()).error).toContain('no answer within 2h');
      },
      script,
    );
  });
});

it('a gate holds a hand-over until a person approves it, as a question to the run', async () => {
  const gate = { flows: ['Start -> A', 'A -> B', 'B -> End'], rules: ['approve(A -> B)'] };
  const script = { A: [{ action: 'invoke', invocations: [{ agent: 'B', request: 'the plan' }] }], B: [end] };
  await asked(
    { deadline: '72h', onDeadline: 'hold' },
    async ({ run, items }) => {
      await env.sleep(5 * DAY);
      const [waiting] = await eventually(items, (found) => found[0]?.isExpired === true);
      expect(waiting).toMatchObject({
        kind: 'gate',
        agent: 'A',
        prompt: 'A hands over to B: the plan. Approve (yes), or refuse (no)?',
        context: { from: 'A', to: 'B', value: 'the plan' },
      });
      expect(await run.view()).toMatchObject({ branches: [{ agents: ['A'] }] });
      await command(run, 'answerItem', { number: 1, value: 'better wait' });
      await eventually(items, (found) => found[0]?.id.endsWith('.2') === true);
      await command(run, 'answerItem', { number: 2, value: 'yes' });
      expect(await run.result()).toMatchObject({ success: true, finalResponse: 'done' });
    },
    script,
    gate,
  );
});

it('no time passes while the run is paused', async () => {
  await asked({ ...THREE_DAYS, onDeadline: 'fail' }, async ({ run, events, items }) => {
    const [before] = await items();
    await command(run, 'pause');
    expect(await items()).toMatchObject([{ isPaused: true }]);
    expect((await items())[0]).not.toHaveProperty('deadline');
    await env.sleep(30 * DAY);
    expect(told(events)).toEqual(['asked 0h']);
    await command(run, 'resume');
    const [after] = await items();
    const moved = Date.parse(after?.deadline ?? '') - Date.parse(before?.deadline ?? '');
    expect(moved).toBeGreaterThanOrEqual(30 * DAY - HOUR);
    expect(after?.digest).toBe(before?.digest);
    expect((await run.result()).error).toContain('no answer within 72h');
    expect(told(events)).toEqual(['asked 0h', 'reminded 721h', 'escalated 744h', 'expired 792h']);
  });
});

it('an extension moves the deadline', async () => {
  await asked({ deadline: '24h', onDeadline: 'fail' }, async ({ run, events }) => {
    await command(run, 'extendItem', { number: 1, extension: '48h', by: 'alice', from: '10.0.0.7' });
    await run.result();
    expect(told(events)).toEqual(['asked 0h', 'extended 0h', 'expired 72h']);
    const { data } = events.find(({ type }) => type === 'question.extended') ?? {};
    expect(data).toMatchObject({ by: 'alice from 10.0.0.7', origin: { by: 'alice' } });
  });
});

it('an answer that is given twice, late, or to another question is refused with what has happened', async () => {
  const script = { A: [ask('first?'), ask('second?', { timeout: '1h', default: 'none' }), ask('third?'), end] };
  await asked(
    { deadline: '720h' },
    async ({ run, items }) => {
      const [first] = await items();
      const wrong = await refused(run, 'answerItem', { number: 1, value: 'x', digest: 'another' });
      expect(wrong.message).toContain('has changed since it was shown');
      const unknown = await refused(run, 'answerItem', { number: 9, value: 'x' });
      expect(unknown.message).toContain('nothing waits under the id');
      await command(run, 'answerItem', { number: 1, value: 'x', digest: first?.digest, by: 'alice', requestId: 'r1' });
      await command(run, 'answerItem', { number: 1, value: 'x', digest: first?.digest, by: 'bob', requestId: 'r1' });
      const twice = await refused(run, 'answerItem', { number: 1, value: 'y', by: 'bob' });
      expect(twice.message).toMatch(/\.1 was answered by alice, request r1 at 2/);
      await eventually(items, (found) => found[0]?.id.endsWith('.2') === true);
      await env.sleep(2 * HOUR);
      await eventually(items, (found) => found[0]?.id.endsWith('.3') === true);
      const late = await refused(run, 'answerItem', { number: 2, value: 'y' });
      expect(late.message).toMatch(/\.2 is over: its deadline passed at 2/);
      await command(run, 'answerItem', { number: 3, value: 'z' });
      expect(await run.result()).toMatchObject({ success: true });
    },
    script,
  );
});
